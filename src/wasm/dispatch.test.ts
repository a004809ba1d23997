import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import type { Spec } from "../spec/types.ts";
import { chooseHandler } from "./dispatch.ts";
import { ENGINE_MEMORY, ENGINE_TASKS } from "./options.ts";

const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const ELF = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);
const VARIANT = "module.wasm.image/variant";
const HANDLER = "run.oci.handler";

function spec(annotations: Record<string, string>, program = "/app", pids?: number): Spec {
  return {
    ociVersion: "1.3.0",
    annotations,
    process: { args: [program], cwd: "/" },
    ...(pids === undefined ? {} : { linux: { resources: { pids: { limit: pids } } } }),
  };
}

const wasm = (variant: string, smart: boolean) => ({
  kind: "wasm",
  variant,
  smart,
  executor: "ocirt",
  unixSockets: false,
  httpPort: 8080,
});
const LINUX = { kind: "linux" };

test("without an annotation the kernel runs it, a module as well", () => {
  assert.equal(chooseHandler(spec({}, "/app.wasm"), "ocirt"), LINUX);
  assert.equal(chooseHandler({ ociVersion: "1.3.0" }, "/usr/bin/ocirt"), LINUX);
});

test("compat and wasm are always Wasm", () => {
  assert.equal(chooseHandler(spec({ [VARIANT]: "compat" }), "ocirt"), wasm("compat", false));
  assert.equal(chooseHandler(spec({ [HANDLER]: "wasm" }), "ocirt"), wasm("wasm", false));
  assert.equal(
    chooseHandler(spec({ [HANDLER]: "wasm" }), "ocirt", () => ELF),
    wasm("wasm", false),
  );
});

test("the smart ones go by the name's ending, or by the file where it is known", () => {
  for (const [annotation, value] of [
    [VARIANT, "compat-smart"],
    [HANDLER, "wasm-smart"],
  ] as const) {
    const choose = (program: string, head?: Uint8Array) =>
      chooseHandler(spec({ [annotation]: value }, program), "ocirt", () => head).kind;
    assert.is(choose("/app.wasm"), "wasm");
    assert.is(choose("/APP.WASM"), "wasm");
    assert.is(choose("app.wat"), "wasm");
    assert.is(choose("/app"), "linux");
    assert.is(choose("/wasm"), "linux");
    assert.is(choose("/app", MODULE), "wasm");
    assert.is(choose("/app.wasm", ELF), "linux");
    assert.is(choose("/app.wasm", Buffer.from("?")), "wasm");
  }
});

test("run.oci.handler decides before the image's variant", () => {
  const both = { [VARIANT]: "compat", [HANDLER]: "wasm-smart" };
  assert.equal(chooseHandler(spec(both, "/app"), "ocirt"), LINUX);
});

test("a pod's sandbox is never Wasm", () => {
  for (const mark of ["io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"]) {
    assert.equal(chooseHandler(spec({ [mark]: "sandbox", [VARIANT]: "compat" }), "ocirt"), LINUX);
    assert.is(chooseHandler(spec({ [mark]: "container", [VARIANT]: "compat" }), "ocirt").kind, "wasm");
  }
});

test("under the name ocirt-wasm every container is looked at", () => {
  assert.equal(chooseHandler(spec({}, "/app.wasm"), "/usr/bin/ocirt-wasm"), wasm("argv0", true));
  assert.equal(chooseHandler(spec({}, "/app"), "ocirt-wasm"), LINUX);
  assert.equal(chooseHandler(spec({}, "/app.wasm"), "/ocirt-wasm/ocirt"), LINUX);
});

test("executor and AF_UNIX are chosen by annotations of ocirt's own", () => {
  const own = { "run.ocirt.wasm.executor": "wasmer", "run.ocirt.wasm.unix-sockets": "true" };
  assert.equal(chooseHandler(spec({ [VARIANT]: "compat", ...own }), "ocirt"), {
    ...wasm("compat", false),
    executor: "wasmer",
    unixSockets: true,
    httpPort: 8080,
  });
});

/** The error's text. */
function refusal(config: Spec): string {
  try {
    chooseHandler(config, "ocirt");
  } catch (error) {
    assert.instance(error, OcirtError);
    return (error as OcirtError).message;
  }
  return "nothing";
}

test("unknown values are errors that name the supported ones", () => {
  assert.is(
    refusal(spec({ [VARIANT]: "wasi" })),
    "choose the handler (config.json /annotations/module.wasm.image~1variant): `wasi` is not supported; " +
      "supported are `compat` and `compat-smart`",
  );
  assert.is(
    refusal(spec({ [HANDLER]: "wasmedge" })),
    "choose the handler (config.json /annotations/run.oci.handler): `wasmedge` is not supported; " +
      "supported are `wasm` and `wasm-smart`",
  );
  assert.match(refusal(spec({ [HANDLER]: "constructor" })), /`constructor` is not supported/);
  assert.match(
    refusal(spec({ [VARIANT]: "compat", "run.ocirt.wasm.executor": "v8" })),
    /supported are `ocirt` and `wasmer`/,
  );
  assert.match(
    refusal(spec({ [VARIANT]: "compat", "run.ocirt.wasm.unix-sockets": "yes" })),
    /supported are `false` and `true`/,
  );
});

test("a limit of tasks below what the engine needs is an error", () => {
  assert.is(
    refusal(spec({ [VARIANT]: "compat" }, "/app.wasm", ENGINE_TASKS - 1)),
    `choose the handler (config.json /linux/resources/pids/limit): ${ENGINE_TASKS - 1} tasks are too few for ` +
      `the Wasm engine; it needs ${ENGINE_TASKS}`,
  );
  for (const limit of [ENGINE_TASKS, 0, -1]) {
    assert.is(refusal(spec({ [VARIANT]: "compat" }, "/app.wasm", limit)), "nothing");
  }
  assert.is(refusal(spec({ [VARIANT]: "compat-smart" }, "/bin/sh", 1)), "nothing");
});

test("so are limits of memory, address space and stack", () => {
  const config = spec({ [VARIANT]: "compat" });
  const limited = (change: Partial<Spec>) => refusal({ ...config, ...change });
  const memory = (limit: number) => limited({ linux: { resources: { memory: { limit } } } });
  assert.is(
    memory(ENGINE_MEMORY - 1),
    `choose the handler (config.json /linux/resources/memory/limit): ${ENGINE_MEMORY - 1} bytes of memory are ` +
      `too few for the Wasm engine; it needs ${ENGINE_MEMORY}`,
  );
  for (const limit of [ENGINE_MEMORY, 0, -1]) assert.is(memory(limit), "nothing");
  const rlimit = (type: string, soft: number) => {
    const rlimits = [
      { type: "RLIMIT_NOFILE", soft: 10, hard: 10 },
      { type, soft, hard: soft },
    ];
    return limited({ process: { args: ["/app"], cwd: "/", rlimits } });
  };
  assert.match(
    rlimit("RLIMIT_AS", 2 ** 28),
    /\/process\/rlimits\/1\/soft\): 268435456 bytes of address space are too few/,
  );
  assert.match(rlimit("RLIMIT_STACK", 65_536), /65536 bytes of stack are too few/);
  assert.is(rlimit("RLIMIT_STACK", 2 ** 20), "nothing");
});

test.run();
