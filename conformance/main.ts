/**
 * main.ts [--table] [PROGRAM...]: runs the validation programs, or those that are named, against one runtime
 * (OCIRT_RUNTIME, dist/ocirt unless told) and shows what each says. --table: against ocirt, runc and crun, and writes
 * docs/conformance.md. Exit status 1 where a program fails that has no excuse.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { excuseOf } from "./programs.ts";
import { programsHome, programsOf, type Runtime, runSuite, top } from "./suite.ts";
import { tableOf } from "./table.ts";
import type { Verdict } from "./verdict.ts";

const say = (text: string) => process.stdout.write(`${text}\n`);

async function judge(
  home: string,
  names: readonly string[],
  runtime: Runtime,
): Promise<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  for (const [name, promise] of runSuite(home, names, runtime)) {
    const verdict = await promise;
    verdicts.set(name, verdict);
    const excuse = verdict.passed ? undefined : excuseOf(name);
    const why = verdict.passed ? "" : `: ${verdict.reason}${excuse === undefined ? "" : ` (${excuse})`}`;
    say(`${verdict.passed ? "passed" : excuse === undefined ? "FAILED" : "excused"} ${name}${why}`);
  }
  return verdicts;
}

const unexcused = (verdicts: ReadonlyMap<string, Verdict>) =>
  [...verdicts].filter(([name, { passed }]) => !passed && excuseOf(name) === undefined);

/** "ocirt version 0.1.0" → ocirt 0.1.0. */
function versionOf({ path, enter = [] }: Runtime): string {
  const [command = path, ...args] = [...enter, path, "--version"];
  const [name, , version] =
    execFileSync(command, args, { encoding: "utf8" }).split("\n")[0]?.split(" ") ?? [];
  return `${name} ${version}`;
}

/** crun of the Debian release that the suite is from: older ones refuse the suite's ociVersion. */
function peers(home: string): Runtime[] {
  const peer = join(top, "bench/peer-root.sh");
  execFileSync("bash", [peer, "make"], { stdio: ["ignore", "ignore", "inherit"] });
  return [
    { name: "runc", path: "runc" },
    { name: "crun", path: "/usr/bin/crun", enter: ["bash", peer, "enter", home] },
  ];
}

async function main(args: readonly string[]): Promise<number> {
  const home = programsHome();
  const named = args.filter((arg) => !arg.startsWith("--"));
  const names = named.length > 0 ? named : programsOf(home);
  const path = resolve(process.env.OCIRT_RUNTIME ?? `${top}/dist/ocirt`);
  const own: Runtime = { name: "ocirt", path };
  const table = args.includes("--table");
  const columns: { title: string; verdicts: Map<string, Verdict> }[] = [];
  for (const runtime of [own, ...(table ? peers(home) : [])]) {
    const title = versionOf(runtime);
    say(`\n${title}`);
    columns.push({ title, verdicts: await judge(home, names, runtime) });
  }
  if (table) writeFileSync(join(top, "docs/conformance.md"), tableOf(columns));
  const [first] = columns;
  const verdicts = first?.verdicts ?? new Map<string, Verdict>();
  const failures = unexcused(verdicts).length;
  const passed = [...verdicts.values()].filter((verdict) => verdict.passed).length;
  say(`\n${passed} of ${verdicts.size} pass; ${failures} fail without an excuse`);
  return failures > 0 || verdicts.size === 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
