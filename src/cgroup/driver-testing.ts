/**
 * What the tests of the driver share. They work on the cgroups of this machine and need root; those for one
 * version of cgroups are skipped where the machine has the other.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import type { Resources, Spec } from "../spec/types.ts";
import {
  type CgroupPaths,
  createCgroup,
  destroyCgroup,
  detectCgroupMode,
  isFrozen,
  joinCgroup,
  planCgroup,
  thaw,
} from "./driver.ts";

export const mode = detectCgroupMode();
export const ID = `ocirt-test-${process.pid}`;
const isRoot = process.geteuid?.() === 0;
export const onV1 = isRoot && (mode.kind === "v1" || mode.kind === "hybrid") ? test : test.skip;
export const onAny = isRoot && mode.kind !== "none" ? test : test.skip;
export const onUnified = isRoot && mode.unified !== undefined ? test : test.skip;

const children: ChildProcess[] = [];
/** What cleanUp removes. */
export const left: CgroupPaths[] = [];

export const spec = (resources: Resources, cgroupsPath = `/${ID}`): Spec => ({
  ociVersion: "1.3.0",
  linux: { cgroupsPath, resources },
});

export function create(resources: Resources): CgroupPaths {
  const paths = createCgroup(planCgroup(spec(resources), ID, mode));
  left.push(paths);
  return paths;
}

/** A process that does nothing until it is killed. */
/** Shell: goes on when the shell is in the test's cgroups, of which it joins one after the other. */
export const ONCE_INSIDE = `until grep -q ${ID} /proc/$$/cgroup; do :; done; sleep 0.1`;

export function sleeper(command = "exec sleep 100"): { pid: number; ended: Promise<string | null> } {
  const child = spawn("sh", ["-c", command], { stdio: "ignore" });
  children.push(child);
  return {
    pid: child.pid ?? 0,
    ended: new Promise((resolve) => child.on("exit", (_, signal) => resolve(signal))),
  };
}

export const read = (paths: CgroupPaths, controller: string, file: string) =>
  readFileSync(`${paths[controller]}/${file}`, "utf8").trim();

/** Kills the processes of a test and removes its cgroups. */
export async function cleanUp(): Promise<void> {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGKILL");
    for (const paths of left) if (isFrozen(paths)) thaw(paths);
    await gone;
  }
  children.length = 0;
  for (const paths of left) destroyCgroup(paths);
  left.length = 0;
}

/** One device that every container has, and one that none has. */
export const USE_DEVICES = "(: < /dev/zero) && echo zero; (: < /dev/kmsg) && echo kmsg";

/** What a script prints that runs in the cgroups. It begins when it is there: what it forks before would not be. */
export async function outputIn(paths: CgroupPaths, script: string): Promise<string> {
  const child = spawn("sh", ["-c", `read go; ${script}`], { stdio: ["pipe", "pipe", "ignore"] });
  joinCgroup({ paths }, child.pid ?? 0);
  let output = "";
  child.stdout.on("data", (data) => {
    output += data;
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  child.stdin.end("\n");
  await ended;
  return output;
}

export const wait = (milliseconds: number) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
