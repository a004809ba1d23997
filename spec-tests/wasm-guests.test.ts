/** The modules of spec-tests/guests as containers: each checks itself, or is wrong in its own way. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { PREVIEW1_FUNCTIONS } from "../src/wasm/wasi/preview1-functions.ts";
import { assert, type Case, conclude, type Edit, until } from "./harness/index.ts";
import { guestModule } from "./harness/programs.ts";
import { guestContainer, wasmClause } from "./harness/wasm.ts";

const run = (t: Case, name: string, args: string[] = [], edit?: Edit, input?: string) =>
  guestContainer(t, name, args, edit).run([], input === undefined ? {} : { input });

wasmClause("hello", (t) => {
  assert.is(assert.succeeds(run(t, "hello")).stdout, "hello, world\n");
});

wasmClause("arguments and environment", (t) => {
  const { stdout } = assert.succeeds(run(t, "arguments", ["one"]));
  assert.is(stdout, "arg /module.wasm\narg one\nenv NAME=value\n");
});

wasmClause("exit codes", (t) => {
  assert.is(run(t, "exit").status, 0);
  assert.is(run(t, "exit", ["255"]).status, 255);
});

wasmClause("files, as root and as a user", (t) => {
  for (const uid of [0, 1000]) {
    const result = run(t, "files", ["/work"], (c, { rootfs }) => {
      c.process.user = { uid, gid: uid };
      mkdirSync(join(rootfs, "work"));
      t.execute(["chown", String(uid), join(rootfs, "work")]);
    });
    assert.succeeds(result, `files as ${uid}`);
  }
});

wasmClause("descriptors: storage, times, rights, numbers", (t) => {
  const result = run(t, "descriptors", ["/work"], (_, { rootfs }) => mkdirSync(join(rootfs, "work")));
  assert.is(assert.succeeds(result).stdout, "descriptors ok\n");
});

wasmClause("proc_raise ends the module as the signal does, or not", (t) => {
  // Preview 1's own numbers: none, ABRT, KILL, TERM, CHLD, and STOP, which is refused (notsup); then none at all (inval).
  for (const [signal, status] of [
    [0, 0],
    [6, 134],
    [9, 137],
    [15, 143],
    [16, 0],
    [18, 58],
    [31, 28],
    [-1, 28],
  ] as const) {
    assert.is(run(t, "descriptors", ["/", String(signal)]).status, status);
  }
});

/** Of preview 1, as a module's import section names them. */
function calledBy(name: string): string[] {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(guestModule(name))));
  return imports.filter(({ module }) => module === "wasi_snapshot_preview1").map((one) => one.name);
}

wasmClause("each function of preview 1 has a guest that calls it", () => {
  const guests = readdirSync(join(import.meta.dirname, "guests"))
    .filter((name) => /\.(c|wat)$/.test(name))
    .map((name) => name.replace(/\.\w+$/, ""));
  const called = new Set(guests.flatMap(calledBy));
  assert.equal(
    PREVIEW1_FUNCTIONS.filter((name) => !called.has(name)),
    [],
  );
});

wasmClause("a module that may not be read: the file or directory that lacks the permission is named", (t) => {
  const refused = (edit: Edit) => {
    const container = guestContainer(t, "hello", [], (c, own) => {
      c.process.user = { uid: 1000, gid: 1000 };
      edit(c, own);
    });
    return assert.refuses(container.run(), /./).stderr;
  };
  const lacks = (path: string, what: string, hint: string) =>
    `ocirt: exec: "${path}": permission denied (config.json /process/args/0): ${what} permission for uid 1000; ${hint}\n`;
  assert.is(
    refused((_, { rootfs }) => chmodSync(join(rootfs, "module.wasm"), 0o600)),
    lacks("/module.wasm", "the file `/module.wasm` lacks the r", "make it readable with chmod +r"),
  );
  const entering = "give it with chmod a+x, or run as a user who has it";
  assert.is(
    refused((_, { rootfs }) => chmodSync(rootfs, 0o700)),
    lacks("/module.wasm", "the directory `/` lacks the x", entering),
  );
  assert.is(
    refused((c, { rootfs }) => {
      mkdirSync(join(rootfs, "closed/inner"), { recursive: true });
      chmodSync(join(rootfs, "closed"), 0o700);
      renameSync(join(rootfs, "module.wasm"), join(rootfs, "closed/inner/module.wasm"));
      // Absolute: of the container's root, not of the host's.
      symlinkSync("/closed/inner", join(rootfs, "link"));
      c.process.args = ["/link/module.wasm"];
    }),
    lacks("/link/module.wasm", "the directory `/closed` lacks the x", entering),
  );
});

wasmClause("clocks and sleep", (t) => {
  assert.succeeds(run(t, "clocks"));
});

wasmClause("sockets: TCP and UDP of IPv4 and IPv6 on the container's loopback", (t) => {
  assert.succeeds(run(t, "sockets"));
});

wasmClause("memory that grows", (t) => {
  assert.match(assert.succeeds(run(t, "grow")).stdout, /yes!/);
});

wasmClause("calls that WASI does not have answer ENOSYS; others are an error only when called", (t) => {
  assert.is(run(t, "unknown-imports").status, 52);
  assert.refuses(run(t, "foreign-import"), /env\.missing|missing/);
});

wasmClause("wasi_unstable", (t) => {
  assert.is(run(t, "unstable", [], undefined, "12345").status, 4);
});

wasmClause("a start section runs before the memory is known", (t) => {
  assert.is(run(t, "start-section").status, 21);
});

for (const [how, words] of [
  ["unreachable", /unreachable/i],
  ["memory", /memory|out of bounds/i],
  ["recursion", /stack|recursion/i],
] as const) {
  wasmClause(`a trap is an error that says what it was: ${how}`, (t) => {
    const result = assert.refuses(run(t, "trap", [how]), words);
    assert.ok(result.status > 0 && result.status < 256);
  });
}

for (const name of ["reactor", "memory-import"]) {
  wasmClause(`a module that can't be run is an error with its reason: ${name}`, (t) => {
    assert.refuses(run(t, name), /_start|memory/);
  });
}

wasmClause("a module that never calls the host is ended by SIGTERM", async (t) => {
  const container = guestContainer(t, "busy", []);
  const running = container.runInBackground();
  await until("the module", () => container.command("state", container.id).stdout.includes('"running"'));
  container.kill("TERM");
  assert.is((await running.ended).status, 143);
});

conclude();
