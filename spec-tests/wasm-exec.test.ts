/** The command exec in a Wasm container: another module of its rootfs, or the same one with other arguments. */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endsAmid } from "./harness/exec.ts";
import { assert, conclude, outside, until } from "./harness/index.ts";
import { probe } from "./harness/programs.ts";
import { asked, execIn, moduleContainer, sleepingModule, wasmClause } from "./harness/wasm.ts";

wasmClause("exec: the same module with other arguments, another module, a component", async (t) => {
  const guests = ["arguments", "components/arguments"];
  const container = await sleepingModule(
    t,
    (_c, { rootfs }) => {
      mkdirSync(join(rootfs, "bin"));
      symlinkSync("../arguments.wasm", join(rootfs, "bin/told"));
    },
    guests,
  );
  assert.is(asked(container, [], "args", "two words"), "[/module.wasm]\n[args]\n[two words]\n");
  const told = "arg one\nenv NAME=value\n";
  const named = (...words: string[]) => assert.succeeds(execIn(container, [], ...words)).stdout;
  assert.is(named("/arguments.wasm", "one"), `arg /arguments.wasm\n${told}`);
  assert.is(named("told", "one"), `arg told\n${told}`);
  assert.is(named("/components-arguments.wasm", "one"), `arg /components-arguments.wasm\n${told}`);
  await container.remove();
});

wasmClause("exec: the module's exit code, 134 for a trap, 128+n for a signal", async (t) => {
  const container = await sleepingModule(t);
  assert.is(execIn(container, [], "/module.wasm", "exit", "7").status, 7);
  const trapped = execIn(container, [], "/module.wasm", "trap");
  assert.is(trapped.status, 134);
  assert.match(trapped.stderr, /^ocirt: the module `\/module.wasm` trapped: .*\n +at main/);
  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const) {
    const command = t.start(t.argv(["exec", container.id, "/module.wasm", "spin"]));
    await until("the module", () => command.stdout().includes("spinning"));
    command.signal(signal);
    assert.is((await command.ended).status, code);
  }
  assert.is(container.state().status, "running");
  await container.remove();
});

wasmClause("exec: what is no module is told by what it is, with what to do", async (t) => {
  const container = await sleepingModule(t, (c, { rootfs }) => {
    c.process.env.push("PATH=/usr/bin:/bin");
    mkdirSync(join(rootfs, "bin"));
    copyFileSync(probe, join(rootfs, "bin/probe"));
    writeFileSync(join(rootfs, "script"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(join(rootfs, "text"), "(module)\n");
    writeFileSync(join(rootfs, "empty"), "");
    writeFileSync(join(rootfs, "secret.wasm"), "\0asm", { mode: 0o600 });
  });
  const only =
    "exec in a WebAssembly container runs modules only: run ordinary programs in a container of their own";
  const hint =
    "the container is a WebAssembly one: name a module of its rootfs, and run other programs in a container of their own";
  const refused: [string, string][] = [
    ["probe", `start the Wasm module: \`probe\` is an ELF program, not a WebAssembly module; ${only}`],
    ["/script", `start the Wasm module: \`/script\` is a script, not a WebAssembly module; ${only}`],
    ["/text", "start the Wasm module: `/text` is WebAssembly text; assemble it first, with wat2wasm"],
    ["/empty", "start the Wasm module: `/empty` is not a WebAssembly module"],
    ["sh", `exec: "sh": executable file not found in $PATH (\`/bin/sh\`); ${hint}`],
    ["/bin/sh", `exec: "/bin/sh": no such file or directory; ${hint}`],
    ["/bin", `exec: "/bin": is a directory; ${hint}`],
  ];
  for (const [program, text] of refused) {
    const { status, stdout, stderr } = execIn(container, [], program);
    assert.equal([status, stdout, stderr], [255, "", `ocirt: ${text}\n`]);
  }
  const { status, stderr } = execIn(container, ["--user", "1000"], "/secret.wasm");
  const lacks = "the file `/secret.wasm` lacks the r permission for uid 1000; make it readable with chmod +r";
  assert.equal([status, stderr], [255, `ocirt: exec: "/secret.wasm": permission denied: ${lacks}\n`]);
  await until("the end of what was refused", () => t.processes().length === 1);
  await container.remove();
});

wasmClause("exec: environment, directory and user, of the options and of --process", async (t) => {
  const container = await sleepingModule(t, (_c, { rootfs }) => {
    mkdirSync(join(rootfs, "work"));
    copyFileSync(join(rootfs, "module.wasm"), join(rootfs, "work/moved.wasm"));
    writeFileSync(join(rootfs, "secret"), "secret\n", { mode: 0o600 });
  });
  assert.is(asked(container, ["-e", "MORE=1", "-e", "NAME=other"], "env"), "[MORE=1]\n[NAME=other]\n");
  const moved = assert.succeeds(execIn(container, ["--cwd", "/work"], "./moved.wasm", "env"));
  assert.is(moved.stdout, "[NAME=value]\n[PWD=/work]\n");
  assert.is(asked(container, [], "cat", "/secret"), "secret\n");
  assert.match(execIn(container, ["-u", "1000:1000"], "/module.wasm", "cat", "/secret").stdout, /denied/);
  const args = ["/module.wasm", "env"];
  const own = t.file(
    "process.json",
    JSON.stringify({ cwd: "/", args, env: ["OWN=1"], user: { uid: 0, gid: 0 } }),
  );
  assert.is(assert.succeeds(execIn(container, ["--process", own])).stdout, "[OWN=1]\n");
  await container.remove();
});

wasmClause("exec: limits of the process that the engine can't live with", async (t) => {
  const container = await sleepingModule(t);
  const rlimits = [{ type: "RLIMIT_STACK", soft: 65536, hard: 65536 }];
  const process = { cwd: "/", args: ["/module.wasm", "env"], rlimits, user: { uid: 0, gid: 0 } };
  const own = t.file("process.json", JSON.stringify(process));
  assert.refuses(
    execIn(container, ["--process", own]),
    /65536 bytes of stack are too few for the Wasm engine/,
  );
  await container.remove();
});

wasmClause("exec: stdin, and a terminal with --tty", async (t) => {
  const container = await sleepingModule(t);
  const piped = t.runtime(["exec", container.id, "/module.wasm", "echo"], { input: "one\ntwo\n" });
  assert.is(assert.succeeds(piped).stdout, "echo one\necho two\n");
  const argv = t.argv(["exec", "-t", container.id, "/module.wasm", "echo"]);
  const typed = t.execute([outside, "pty", "31", "97", ...argv], { input: "typed\nend\n" });
  assert.match(assert.succeeds(typed).stdout, /^echo typed\r?$/m);
  await container.remove();
});

wasmClause("exec: hostile modules end as their own, and the container's first module goes on", async (t) => {
  const container = await sleepingModule(t, () => {}, ["hostile", "busy", "http-server"]);
  assert.match(execIn(container, [], "/hostile.wasm", "descriptors").stdout, /opened, then EMFILE$/m);
  const busy = t.start(t.argv(["exec", container.id, "/busy.wasm"]));
  await until("the busy module", () => t.processes().length >= 3);
  assert.is(execIn(container, [], "/module.wasm", "exit", "3").status, 3);
  busy.signal("SIGTERM");
  assert.is((await busy.ended).status, 143);
  assert.is(container.state().status, "running");
  await container.remove();
});

wasmClause("exec: in a created container, before its own module starts", async (t) => {
  const container = moduleContainer(t, ["exit", "0"]);
  await container.create();
  assert.is(asked(container, [], "args"), "[/module.wasm]\n[args]\n");
  assert.is(container.state().status, "created");
  container.start();
  await container.waitFor("stopped");
  container.delete();
});

wasmClause("exec: ten at once, and nothing is left of them", async (t) => {
  const container = await sleepingModule(t);
  const commands = Array.from({ length: 10 }, (_, index) =>
    t.start(t.argv(["exec", container.id, "/module.wasm", "exit", String(index)])),
  );
  const results = await Promise.all(commands.map((command) => command.ended));
  results.forEach(({ status, stderr }, index) => {
    assert.equal([status, stderr], [index, ""]);
  });
  await until("their ends", () => t.processes().length === 1);
  await container.remove();
});

wasmClause(
  "exec while the container ends: a status of its own or an error, and nothing is left",
  async (t) => {
    const container = await sleepingModule(t);
    const commands = Array.from({ length: 6 }, () =>
      t.start(t.argv(["exec", container.id, "/module.wasm", "sleep"])),
    );
    await until("one of them", () => commands.some((command) => command.stdout() !== ""));
    await endsAmid(container, commands);
  },
);

conclude();
