/**
 * What a module may take, and which directories it finds: limits of config.json and the annotations of its own.
 * A module that takes more than there is gets an error of WebAssembly or of WASI, and the container lives on.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, conclude, type Edit } from "./harness/index.ts";
import { guestModule } from "./harness/programs.ts";
import { guestContainer, wasmClause } from "./harness/wasm.ts";

const MIB = 1024 * 1024;

const run = (t: Case, name: string, args: string[], edit?: Edit) => guestContainer(t, name, args, edit).run();

const memory =
  (limit: number): Edit =>
  (c) => {
    c.linux.resources = { ...c.linux.resources, memory: { limit } };
  };

wasmClause("memory: memory.grow beyond the limit fails, and nobody is killed", (t) => {
  const { stdout } = assert.succeeds(run(t, "hostile", ["memory"], memory(40 * MIB)));
  const grown = Number(/^(\d+) MiB$/m.exec(stdout)?.[1]);
  assert.ok(grown >= 30 && grown <= 32, stdout);
});

wasmClause("memory: a limit below the engine's own need is refused by create", async (t) => {
  const container = guestContainer(t, "hello", [], memory(4 * MIB));
  assert.refuses(
    await container.tryCreate(),
    /\/linux\/resources\/memory\/limit/,
    /bytes of memory are too few/,
  );
  assert.succeeds(run(t, "hello", [], memory(8 * MIB)));
});

wasmClause(
  "pids: a limit below the engine's own need is refused by create; at the need it works",
  async (t) => {
    const pids =
      (limit: number): Edit =>
      (c) => {
        c.linux.resources = { ...c.linux.resources, pids: { limit } };
      };
    const container = guestContainer(t, "hello", [], pids(7));
    assert.refuses(await container.tryCreate(), /\/linux\/resources\/pids\/limit/, /7 tasks are too few/);
    assert.succeeds(run(t, "hello", [], pids(8)));
    assert.succeeds(run(t, "calls", ["20000"], pids(8)));
  },
);

wasmClause("rlimits: open files, address space, stack", async (t) => {
  const rlimit =
    (type: string, value: number): Edit =>
    (c) => {
      c.process.rlimits = [{ type, soft: value, hard: value }];
    };
  const { stdout } = assert.succeeds(run(t, "hostile", ["descriptors"], rlimit("RLIMIT_NOFILE", 64)));
  assert.match(stdout, /^[1-9]\d opened, then EMFILE$/m);
  // Too little for compiled code: the module is interpreted, and calls of the host go the slower way.
  assert.succeeds(run(t, "calls", ["20000"], rlimit("RLIMIT_AS", 1024 * MIB)));
  const least = guestContainer(t, "hello", [], rlimit("RLIMIT_AS", 256 * MIB));
  assert.refuses(await least.tryCreate(), /\/process\/rlimits\/0\/soft/, /address space are too few/);
  assert.refuses(run(t, "trap", ["recursion"], rlimit("RLIMIT_STACK", MIB)), /stack/i);
});

const preopens =
  (value: string): Edit =>
  (c, { rootfs }) => {
    c.annotations = { ...c.annotations, "run.ocirt.wasm.preopens": value };
    mkdirSync(join(rootfs, "data"), { recursive: true });
    writeFileSync(join(rootfs, "data/file"), "of data\n");
    writeFileSync(join(rootfs, "secret"), "of the root\n");
  };

wasmClause("preopens: a directory under its own name, and nothing beside it", (t) => {
  assert.is(assert.succeeds(run(t, "read", ["/data/file"], preopens("/data"))).stdout, "of data\n");
  for (const path of ["/secret", "/data/../secret", "/data/../../secret"]) {
    assert.is(run(t, "read", [path], preopens("/data")).status, 1, path);
  }
});

wasmClause("preopens: a directory under another name; several; none", (t) => {
  assert.is(assert.succeeds(run(t, "read", ["/file"], preopens("/=/data"))).stdout, "of data\n");
  assert.is(assert.succeeds(run(t, "read", ["/b/file"], preopens("/data,/b=/data"))).stdout, "of data\n");
  assert.is(run(t, "read", ["/data/file"], preopens("")).status, 1);
});

wasmClause("preopens: on a read-only mount nothing can be written", (t) => {
  const source = t.path("source");
  mkdirSync(source);
  const edit =
    (option: string): Edit =>
    (c, container) => {
      preopens("/=/mounted")(c, container);
      c.mounts.push({ destination: "/mounted", type: "bind", source, options: ["bind", option] });
    };
  assert.is(run(t, "write", ["/new", "text"], edit("ro")).status, 1);
  assert.is(assert.succeeds(run(t, "write", ["/new", "text"], edit("rw"))).stdout, "text");
  assert.is(readFileSync(join(source, "new"), "utf8"), "text");
});

wasmClause("preopens: what is no directory, or no list, is an error of create", async (t) => {
  const missing = guestContainer(t, "read", [], preopens("/none"));
  assert.refuses(await missing.tryCreate(), /can't open the directory `\/none`/, /no such file or directory/);
  const relative = guestContainer(t, "read", [], preopens("data"));
  assert.refuses(await relative.tryCreate(), /run\.ocirt\.wasm\.preopens/, /`data` is no absolute path/);
});

wasmClause("modules cut anywhere, or with a byte changed, end with an error or as modules do", (t) => {
  const whole = readFileSync(guestModule("hello"));
  const damaged = (bytes: Uint8Array) =>
    run(t, "hello", [], (_c, { rootfs }) => writeFileSync(join(rootfs, "module.wasm"), bytes));
  for (let part = 1; part < 6; part++) {
    assert.refuses(damaged(whole.subarray(0, Math.floor((whole.length * part) / 6))), /module/i);
  }
  for (let i = 0; i < 12; i++) {
    const bytes = Uint8Array.from(whole);
    const at = 8 + ((i * 7919) % (bytes.length - 8));
    bytes[at] = (bytes[at] as number) ^ (1 << (i % 8));
    const { status, stderr } = damaged(bytes);
    assert.ok(status !== null && status < 135, `byte ${at}: ${status} ${stderr}`);
    assert.not.match(stderr, /panic|oh no|Bun v|segmentation/i);
  }
});

conclude();
