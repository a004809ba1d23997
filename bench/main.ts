/** main.ts WORK [linux] [http] [probes]: measures and prints; run.sh has prepared the directory WORK. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { measureHttp } from "./http.ts";
import { measureLifecycle } from "./lifecycle.ts";
import { measureLoop, measureTrivial } from "./modules.ts";
import { measureProbes } from "./probes.ts";
import { httpTable, lifecycleTable, loopText, moduleTable, probeTable } from "./report.ts";
import { type Candidate, prepare, type Runtime } from "./runtimes.ts";
import { summarize } from "./stats.ts";
import { short } from "./table.ts";
import { Timer } from "./timer.ts";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const [work = "", ...parts] = process.argv.slice(2);
const asked = (part: string) => parts.length === 0 || parts.includes(part);
const setting = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);
const say = (text: string) => process.stdout.write(`${text}\n`);

const rootfs = join(work, "rootfs");
const timerProgram = join(work, "timer");
const notes: string[] = [];
const raw: Record<string, unknown> = {};

function newTimer(name: string, enter: readonly string[]): Timer {
  return new Timer([...enter, timerProgram], join(work, `${name}.stderr`));
}

/** The runtimes that work here; the first one must. */
async function usable(candidates: readonly Candidate[], command: string): Promise<Runtime[]> {
  const found: Runtime[] = [];
  for (const [index, candidate] of candidates.entries()) {
    try {
      const runtime = await prepare(candidate, work, rootfs);
      found.push(runtime);
      if (runtime.withoutCgroups)
        notes.push(`${runtime.label} runs without cgroups: it refuses this machine's`);
    } catch (error) {
      if (index === 0) throw error;
      notes.push(`${candidate.name} is left out of ${command}: ${(error as Error).message}`);
    }
  }
  return found;
}

function machine(): string {
  const [cpu] = cpus();
  const cgroups = existsSync("/sys/fs/cgroup/cgroup.controllers") ? "v2" : "v1";
  const load = loadavg().map((one) => one.toFixed(1));
  return `${cpus().length} × ${cpu?.model ?? "unknown CPU"}, Linux ${release()}, cgroup ${cgroups}, load ${load.join(" ")}`;
}

async function linux(ocirt: Candidate, timer: Timer): Promise<string> {
  const rounds = setting("BENCH_ROUNDS", 100);
  const peers = ["crun", "runc"].map((name) => ({ name, path: which(name), timer, enter: [] }));
  const floor: number[] = [];
  for (let round = 0; round < rounds; round++) {
    floor.push((await timer.must([timerProgram, "--nothing"])).milliseconds);
  }
  const results = await measureLifecycle(await usable([ocirt, ...peers], "linux"), rootfs, rounds);
  raw.linux = named(results);
  raw.floor = floor;
  const { median, lower, upper } = summarize(floor);
  return [
    `## Linux container: the default spec, busybox, ${rounds} interleaved rounds`,
    `Medians (quartiles). Starting an empty static program takes ${short(median)} ms (${short(lower)}–${short(upper)}), which is in every time.`,
    lifecycleTable(results),
  ].join("\n\n");
}

async function http(ocirt: Candidate, timers: Timer[]): Promise<string> {
  const options = {
    module: join(top, "build/guests/http-server.wasm"),
    starts: setting("BENCH_STARTS", 12),
    loads: setting("BENCH_LOADS", 3),
    seconds: setting("BENCH_SECONDS", 3),
  };
  const candidates = [ocirt];
  try {
    const script = join(top, "bench/peer-root.sh");
    execFileSync(script, ["make"], { stdio: ["ignore", "ignore", "inherit"] });
    const enter = [script, "enter", work];
    const timer = newTimer("wasmedge", enter);
    timers.push(timer);
    candidates.push({ name: "crun-wasmedge", path: "/usr/bin/crun", timer, enter, engine: "WasmEdge" });
  } catch (error) {
    notes.push(`crun with WasmEdge is left out of http: ${(error as Error).message}`);
  }
  const runtimes = await usable(candidates, "http");
  const results = await measureHttp(runtimes, work, options);
  raw.http = named(results);
  const guests = join(top, "build/guests");
  const trivial = await measureTrivial(runtimes, work, guests, options.starts * 2);
  raw.trivial = named(trivial);
  const [first] = runtimes;
  const loop =
    first && (await measureLoop(first, work, guests, join(top, "build/bench/compute"), LOOP_ROUNDS));
  raw.loop = loop;
  return [
    `## Wasm HTTP server: ${options.starts} starts, ${options.loads} × ${options.seconds} s of load by wrk with 8 connections`,
    "crun with WasmEdge is Debian trixie's. Memory is that of all the container's processes after the load.",
    httpTable(results),
    "## Wasm modules that run to their end",
    moduleTable(trivial),
    ...(loop === undefined ? [] : [loopText(loop)]),
  ].join("\n\n");
}

async function probes(ocirt: Candidate): Promise<string> {
  const options = { pods: setting("BENCH_PODS", 50), rounds: setting("BENCH_PROBES", 6) };
  const results = await measureProbes({ ocirt: ocirt.path, runc: which("runc") }, options);
  raw.probes = Object.fromEntries([...results].map(([{ label }, samples]) => [label, samples]));
  return [
    `## Exec probes: ${options.pods} pods of each runtime under containerd, ${options.rounds} rounds`,
    "CPU is that of the engine, its shims, the runtime and the probed containers together.",
    probeTable(results),
  ].join("\n\n");
}

const LOOP_ROUNDS = 5;

const which = (name: string): string => execFileSync("which", [name], { encoding: "utf8" }).trim();

const named = <S>(results: ReadonlyMap<Runtime, S>): Record<string, S> =>
  Object.fromEntries([...results].map(([runtime, samples]) => [runtime.label, samples]));

async function main(): Promise<void> {
  copyFileSync(join(top, "build/bench/timer"), timerProgram);
  const timer = newTimer("host", []);
  const timers = [timer];
  const ocirt: Candidate = { name: "ocirt", path: process.env.OCIRT ?? "", timer, enter: [] };
  const before = machine();
  const sections: string[] = [];
  try {
    if (asked("linux")) sections.push(await linux(ocirt, timer));
    if (asked("http")) sections.push(await http(ocirt, timers));
    if (asked("probes")) sections.push(await probes(ocirt));
  } finally {
    for (const one of timers) one.close();
  }
  const report = [`# Benchmark: ${before}`, ...notes.map((note) => `Note: ${note}.`), ...sections].join(
    "\n\n",
  );
  const out = join(top, "build/bench");
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "results.md"), `${report}\n`);
  writeFileSync(
    join(out, "results.json"),
    `${JSON.stringify({ machine: before, notes, ...raw }, undefined, 1)}\n`,
  );
  say(report);
  say(`\nEvery sample is in build/bench/results.json.`);
}

const PARTS = ["linux", "http", "probes"];
const unknown = parts.filter((part) => !PARTS.includes(part));
if (unknown.length > 0) {
  process.stderr.write(`bench: no part named ${unknown.join(", ")}; there are ${PARTS.join(", ")}\n`);
  process.exit(64);
}
await main();
