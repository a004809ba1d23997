import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { COMMANDS } from "../table.ts";
import { GLOBAL_OPTIONS } from "../table-options.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

const top = mkdtempSync(join(tmpdir(), "ocirt-completion-"));
test.after(() => rmSync(top, { recursive: true, force: true }));

/** A program in place of ocirt that lists two containers, and tells the root that it was asked for. */
const program = join(top, "ocirt");
writeFileSync(
  program,
  '#!/bin/sh\nroot=default\n[ "$1" = --root ] && { root=$2; shift 2; }\n[ "$*" = "list --quiet" ] && printf "%s\\n" "$root-one" "$root-two"\n',
);
chmodSync(program, 0o755);
const scripts = { bash: bashScript(), zsh: zshScript(), fish: fishScript() };
for (const [shell, script] of Object.entries(scripts)) writeFileSync(join(top, `script.${shell}`), script);

const installed = (shell: string) => spawnSync(shell, ["-c", "true"]).status === 0;

/** What bash proposes for the last of the words; bash itself splits at `=`. */
function bash(...words: string[]): string[] {
  const line = ["ocirt", ...words.flatMap((word) => word.split(/(=)/))];
  const script = `. ${top}/script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ocirt; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const run = spawnSync("bash", ["-c", script, "bash", ...line], {
    encoding: "utf8",
    cwd: top,
    env: { PATH: `${top}:${process.env.PATH}` },
  });
  assert.is(run.stderr, "");
  return run.stdout.split("\n").filter((word) => word !== "");
}

test("bash: commands, options, values, containers", () => {
  assert.equal(bash("st"), ["start", "state"]);
  assert.equal(bash("kill", "--a"), ["--all"]);
  assert.ok(bash("kill", "-").includes("--root"));
  assert.equal(bash("list", "--format", ""), ["table", "json"]);
  assert.equal(bash("list", "--format=j"), ["json"]);
  assert.equal(bash("--log-format=t"), ["text"]);
  assert.equal(bash("--log-level", "d"), ["debug"]);
  assert.equal(bash("state", ""), ["default-one", "default-two"]);
  assert.equal(bash("--root", "/r", "state", ""), ["/r-one", "/r-two"]);
  assert.equal(bash("--root=/r", "state", ""), ["/r-one", "/r-two"]);
  assert.equal(bash("kill", "--all", "x", "HU"), ["HUP"]);
  assert.equal(bash("create", "--bundle", ""), []);
  assert.equal(bash("create", "--pid-file", "script.b"), ["script.bash"]);
  assert.equal(bash("completion", ""), ["bash", "zsh", "fish"]);
  assert.equal(bash("help", "sp"), ["spec"]);
});

test("every command and option of the table is in every script", () => {
  for (const [shell, script] of Object.entries(scripts)) {
    for (const { name, options } of COMMANDS) {
      assert.ok(script.includes(name), `${shell}: ${name}`);
      for (const option of [...options, ...GLOBAL_OPTIONS]) {
        const spelling = shell === "fish" ? `-l ${option.name} ` : `--${option.name}`;
        assert.ok(script.includes(spelling), `${shell}: ${name} ${option.name}`);
      }
    }
  }
});

if (installed("zsh")) {
  test("zsh: the script is loaded and defines the completion of ocirt", () => {
    const script = `autoload -U compinit; compinit -D -u; . ${top}/script.zsh; print -r -- $_comps[ocirt]`;
    const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", script], { encoding: "utf8" });
    assert.equal([stdout, stderr], ["_ocirt\n", ""]);
  });
}

if (installed("fish")) {
  const fish = (line: string): string[] => {
    const script = `source ${top}/script.fish; complete -C ${JSON.stringify(line)}`;
    const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", script], {
      encoding: "utf8",
      cwd: top,
      env: { PATH: `${top}:${process.env.PATH}`, HOME: top },
    });
    assert.is(stderr, "");
    return stdout.split("\n").flatMap((proposal) => (proposal === "" ? [] : [proposal.split("\t")[0] ?? ""]));
  };
  test("fish: commands, options, values, containers", () => {
    assert.equal(fish("ocirt st"), ["start", "state"]);
    assert.equal(fish("ocirt kill --a"), ["--all"]);
    assert.equal(fish("ocirt list --format "), ["json", "table"]);
    assert.equal(fish("ocirt state default"), ["default-one", "default-two"]);
    assert.equal(fish("ocirt completion b"), ["bash"]);
  });
}

test.run();
