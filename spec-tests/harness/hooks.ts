/** Hooks that tell what they do in a file of the case's directory. */
import { readFileSync } from "node:fs";
import type { Case } from "./case.ts";
import { bind, type Config } from "./config.ts";

export type Kind = keyof NonNullable<Config["hooks"]>;
export type Hook = NonNullable<NonNullable<Config["hooks"]>[Kind]>[number];

export const KINDS: Kind[] = [
  "prestart",
  "createRuntime",
  "createContainer",
  "startContainer",
  "poststart",
  "poststop",
];

/** Kinds whose path is the host's; startContainer's is the container's. */
export const HOST_KINDS = KINDS.filter((kind) => kind !== "startContainer");

/** A hook that runs a shell script. */
export const shell = (script: string): Hook => ({
  path: "/bin/sh",
  args: ["sh", "-c", script],
  env: ["PATH=/usr/bin:/bin"],
});

/** The case's directory is bound into the container at its own path, so that all hooks can write to it. */
export function hooked(c: Config, t: Case, hooks: Partial<Record<Kind, Hook[]>>): void {
  c.mounts.push(bind(t.directory, t.directory, "rw"));
  c.hooks = hooks;
}

export const log = (t: Case): string => {
  try {
    return readFileSync(t.path("log"), "utf8");
  } catch {
    return "";
  }
};

export const say = (t: Case, word: string): Hook => shell(`echo ${word} >>${t.directory}/log`);
