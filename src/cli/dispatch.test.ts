/** Command lines as a whole, by a program that dispatches them as the executable does. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

const top = mkdtempSync(join(tmpdir(), "ocirt-cli-"));
test.after(() => rmSync(top, { recursive: true, force: true }));
const root = join(top, "root");
mkdirSync(root);

const MAIN = join(import.meta.dirname, "../main.ts");

function run(words: string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: "utf8",
    ...options,
  });
  return { status, stdout, stderr };
}

/** usage names the program as it was called: here by Bun's name. */
const usage = (rest: string, topic: string) =>
  `Usage: bun [OPTION...] ${rest}\nTry \`bun${topic} --help\`.\n`;

test("--version needs no command, and no other option is looked at", () => {
  for (const words of [["--version"], ["-v"], ["--systemd-cgroup", "--version"], ["state", "-v"]]) {
    const { status, stdout, stderr } = run(words);
    assert.equal([status, stderr], [0, ""], words.join(" "));
    assert.match(stdout, /^ocirt version \S+\ncommit: \w+\nspec: 1\.3\.0\n\+[\w:+ ]+\n$/);
  }
});

test("--help of the program and of a command, and help as a command", () => {
  const all = run(["--help"]);
  assert.is(all.status, 0);
  assert.match(all.stdout, /^Usage: bun \[OPTION\.\.\.\] COMMAND \[OPTION\.\.\.\]\n/);
  assert.is(run(["help"]).stdout, all.stdout);
  const kill = run(["kill", "--help"]);
  assert.match(kill.stdout, /^Usage: bun \[OPTION\.\.\.\] kill CONTAINER \[SIGNAL\]\n/);
  assert.is(run(["help", "kill"]).stdout, kill.stdout);
  assert.match(run(["help", "kil"]).stderr, /^ocirt: unknown command `kil`; did you mean `kill`\?\n/);
});

test("a wrong command line: the mistake and the usage on stderr, exit code 1", () => {
  assert.equal(run(["kill", "--bogus", "x"]), {
    status: 1,
    stdout: "",
    stderr: `ocirt: unknown option \`--bogus\` of kill\n${usage("kill CONTAINER [SIGNAL]", " kill")}`,
  });
  assert.equal(run([]), {
    status: 1,
    stdout: "",
    stderr: `ocirt: no command given\n${usage("COMMAND [OPTION...]", "")}`,
  });
  const log = join(top, "usage.log");
  assert.is(run(["--log", log, "--log-format=json", "kill", "--bogus", "x"]).status, 1);
  assert.is(JSON.parse(readFileSync(log, "utf8")).msg, "unknown option `--bogus` of kill");
});

test("a container id is checked before anything is done with it, for every command that takes one", () => {
  for (const command of ["create", "start", "run", "state", "kill", "delete"]) {
    const { status, stderr } = run(["--root", root, command, "../root"]);
    assert.is(status, 1, command);
    assert.match(stderr, /^ocirt: invalid container ID `\.\.\/root`: invalid character `\/`/, command);
  }
});

test("the state directory: --root, relative to the caller's directory; XDG_RUNTIME_DIR when not root", () => {
  assert.is(run(["--root", "root", "list", "--quiet"], { cwd: top }).status, 0);
  assert.is(
    run(["--root", join(top, "none"), "list"]).stderr,
    `ocirt: open the state directory \`${top}/none\`: no such file or directory (ENOENT)\n`,
  );
  const rootless = ["--rootless=true", "list"];
  assert.is(run(rootless, { env: { XDG_RUNTIME_DIR: top } }).status, 0);
  assert.is(
    run(rootless, { env: {} }).stderr,
    "ocirt: find the state directory: XDG_RUNTIME_DIR is not set; set it, or name a directory with --root\n",
  );
});

test("a log that can't be opened fails the command", () => {
  const { status, stderr } = run(["--log", join(top, "none/log"), "--root", root, "list"]);
  assert.is(status, 1);
  assert.is(stderr, `ocirt: open the log file \`${top}/none/log\`: no such file or directory (ENOENT)\n`);
});

test("an unknown container, signal and format are told", () => {
  assert.match(run(["--root", root, "state", "nobody"]).stderr, /`nobody` does not exist/);
  assert.match(run(["--root", root, "kill", "nobody", "FOO"]).stderr, /^ocirt: unknown signal `FOO`/);
  assert.is(run(["--root", root, "delete", "--force", "nobody"]).status, 0);
  assert.is(run(["--root", root, "delete", "nobody"]).status, 1);
  assert.match(run(["create", "--format", "json", "x"]).stderr, /^ocirt: --format is for --dry-run/);
});

test("delete --regex: what matches, and a wrong expression is told", () => {
  assert.equal(run(["--root", root, "delete", "--regex", "^none.*"]), { status: 0, stdout: "", stderr: "" });
  const { status, stderr } = run(["--root", root, "delete", "--regex", "("]);
  assert.is(status, 1);
  assert.match(stderr, /^ocirt: read the regular expression `\(`: /);
});

test("list: the header, an empty array, no ids; what is no container is warned of", () => {
  const list = (...words: string[]) => run(["--root", root, "list", ...words]);
  const header = "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n";
  assert.equal(list(), { status: 0, stdout: header, stderr: "" });
  assert.is(list("-f", "json").stdout, "[]\n");
  assert.is(list("-q").stdout, "");
  mkdirSync(join(root, "foreign"));
  writeFileSync(join(root, "foreign/state.json"), "{}");
  const { status, stdout, stderr } = list();
  assert.equal([status, stdout], [0, header]);
  assert.match(stderr, /^ocirt: warning: skip `foreign`: .*another runtime/);
  rmSync(join(root, "foreign"), { recursive: true });
});

test("spec: writes a config.json once, and never over another", () => {
  const bundle = join(top, "bundle");
  mkdirSync(bundle);
  assert.equal(run(["spec", "--bundle", bundle]), { status: 0, stdout: "", stderr: "" });
  const first = readFileSync(join(bundle, "config.json"), "utf8");
  assert.equal(JSON.parse(first).process.args, ["sh"]);
  const again = run(["spec"], { cwd: bundle });
  assert.is(again.status, 1);
  assert.is(again.stderr, "ocirt: write `config.json`: File config.json exists. Remove it first\n");
  assert.is(readFileSync(join(bundle, "config.json"), "utf8"), first);
  rmSync(join(bundle, "config.json"));
  assert.is(run(["spec", "--rootless", "-b", bundle]).status, 0);
  const { linux } = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8"));
  assert.ok(linux.namespaces.some(({ type }: { type: string }) => type === "user"));
  assert.match(run(["spec", "-b", join(top, "none")]).stderr, /no such file or directory \(ENOENT\)\n$/);
});

test("spec --wasm: the module in place of the shell, without a terminal", () => {
  const bundle = join(top, "wasm-bundle");
  mkdirSync(bundle);
  assert.is(run(["spec", "--bundle", bundle, "--wasm", "app.wasm"]).status, 0);
  const { process, annotations } = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8"));
  assert.equal(process.args, ["/app.wasm"]);
  assert.is(process.terminal, false);
  assert.equal(annotations, { "module.wasm.image/variant": "compat" });
});

test("wasm inspect: what a module needs, and whether it can be run", () => {
  const file = join(top, "module.wasm");
  writeFileSync(file, Buffer.from("0061736d01000000", "hex"));
  const { status, stdout, stderr } = run(["wasm", "inspect", file]);
  assert.equal([status, stderr], [1, ""]);
  assert.match(stdout, /^module {5}\S+module\.wasm: a core module, 8 bytes$/m);
  assert.match(stdout, /^runs here {2}no: it exports no `memory`; it has no `_start`$/m);
  const json = JSON.parse(run(["wasm", "inspect", "--format", "json", file]).stdout);
  assert.is(json.kind, "module");
  assert.match(run(["wasm", "run", file]).stderr, /^ocirt: unknown action `run`; there is `inspect`\n/);
  assert.is(
    run(["wasm", "inspect", join(top, "no.wasm")]).stderr,
    `ocirt: read the module \`${join(top, "no.wasm")}\`: no such file or directory (ENOENT)\n`,
  );
});

test("completion: a shell that is not known is told", () => {
  assert.match(
    run(["completion", "csh"]).stderr,
    /^ocirt: unknown shell `csh`: expected bash or zsh or fish\n/,
  );
});

test.run();
