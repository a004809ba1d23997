/** docs/compatibility.md has every command and flag that the runc and crun of this machine tell of. */
import { spawnSync } from "node:child_process";
import { compatibility, type Row } from "../src/cli/compatibility-testing.ts";
import { assert, clause, conclude } from "./harness/index.ts";

const tables = compatibility();
/** Of the frameworks that the peers parse their command lines with, and of nobody's use. */
const EVERYWHERE = ["help", "usage"];

type Peer = "runc" | "crun";

function help(peer: Peer, ...words: string[]): string {
  const { status, stdout, error } = spawnSync(peer, [...words, "--help"], { encoding: "utf8" });
  if (error !== undefined || status !== 0)
    throw error ?? new Error(`${peer} ${words} --help: status ${status}`);
  return stdout;
}

/** The long names of the options that a help text lists: those at the beginning of a line. */
function flags(text: string): string[] {
  return [...text.matchAll(/^ +(?:-\w, ?(?:-\w, ?)?)?--([a-z][a-z0-9-]*)/gm)].map(([, name = ""]) => name);
}

/** The commands that a help text lists. */
function commands(text: string): string[] {
  const list = /^COMMANDS:\n(.*?)\n\n/ms.exec(text)?.[1] ?? "";
  return [...list.matchAll(/^\s+([a-z]+)/gm)].map(([, name = ""]) => name);
}

const has = (rows: readonly Row[], peer: Peer, name: string) =>
  rows.some((row) => row[peer] && row.names.includes(name));

for (const peer of ["runc", "crun"] as const) {
  clause(`every command of ${peer} has a row`, () => {
    const listed = commands(help(peer));
    assert.ok(listed.length > 10, listed.join(" "));
    assert.equal(
      listed.filter((name) => !has(tables.get("Commands") ?? [], peer, name)),
      [],
    );
  });

  clause(`every flag of ${peer} has a row in its command's section`, () => {
    const missing: string[] = [];
    let seen = 0;
    for (const command of [undefined, ...commands(help(peer)).filter((name) => name !== "help")]) {
      const rows = tables.get(command ?? "Global options") ?? [];
      for (const flag of flags(help(peer, ...(command === undefined ? [] : [command])))) {
        seen++;
        if (!EVERYWHERE.includes(flag) && !has(rows, peer, flag)) missing.push(`${command ?? ""} --${flag}`);
      }
    }
    assert.ok(seen > 60, `${seen} flags`);
    assert.equal(missing, []);
  });
}

conclude();
