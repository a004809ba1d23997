import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Process } from "../spec/types.ts";
import type { Request, WasmSettings } from "../wasm/request.ts";
import { EXEC_INHERITED, type ExecBase, type ExecContext, planExec } from "./exec.ts";
import { type EngineFiles, engineProgram } from "./exec-engine.ts";
import { NAMESPACES } from "./namespaces.ts";
import type { Step, StepKind, StepOf } from "./steps.ts";

const PROCESS: Process = {
  cwd: "/srv",
  args: ["tool.wasm", "x"],
  env: ["PATH=/bin:/app", "A=1", "A=2"],
  user: { uid: 5, gid: 6 },
  noNewPrivileges: true,
};
const SETTINGS: WasmSettings = {
  preopens: [{ guest: "/", host: "/data" }],
  executor: "ocirt",
  unixSockets: true,
  httpPort: 81,
  memory: 1000,
};
const FILES: EngineFiles = { executable: "/usr/bin/ocirt", loader: "/lib64/ld.so", libraries: ["libc.so"] };
const BASE: ExecBase = { process: PROCESS, linux: {}, keyring: false, setGroups: true, wasm: SETTINGS };
const CONTEXT: ExecContext = {
  id: "c1",
  pid: 42,
  namespaces: NAMESPACES.mount.flag | NAMESPACES.pid.flag,
  cgroupFiles: [],
  cgroupBorn: false,
  preserveFds: 0,
  warn: () => {},
};

const planned = (process: Process = PROCESS): Step[] =>
  planExec(
    BASE,
    process,
    undefined,
    CONTEXT,
    engineProgram(process, SETTINGS, FILES, { pid: 42, openFiles: 77 }),
  );
function only<K extends StepKind>(kind: K): StepOf<K> {
  const found = planned().filter((step) => step.kind === kind);
  assert.is(found.length, 1, kind);
  return found[0] as StepOf<K>;
}

test("the engine is opened outside, its surroundings made inside, and entered with all that confines it", () => {
  assert.equal(
    planned().map(({ kind }) => kind),
    [
      "openEngine",
      "enterContainer",
      "enterCgroups",
      "cpuAffinity",
      "session",
      "engineView",
      "closeFrom",
      "umask",
      "boundingSet",
      "user",
      "workingDirectory",
      "openModule",
      "awaitHost",
      "enterView",
      "capabilities",
      "noNewPrivileges",
      "engine",
    ],
  );
});

test("the executable with what it is linked with", () => {
  assert.equal(only("openEngine"), {
    kind: "openEngine",
    path: "/usr/bin/ocirt",
    pid: 42,
    loader: "/lib64/ld.so",
    libraries: ["libc.so"],
  });
  const { env, addon, args } = only("engine");
  assert.equal(args, PROCESS.args);
  assert.is(addon, EXEC_INHERITED.addon);
  assert.ok(env.includes("LD_LIBRARY_PATH=/lib64"));
});

test("the request has the process's words and the container's settings", () => {
  const { candidates, request, socket } = only("openModule");
  assert.equal(candidates, ["/bin/tool.wasm", "/app/tool.wasm"]);
  assert.is(socket, EXEC_INHERITED.start);
  assert.is(only("engineView").socket, EXEC_INHERITED.start);
  const expected: Request = {
    args: ["tool.wasm", "x"],
    env: ["PATH=/bin:/app", "A=2"],
    cwd: "/srv",
    module: "tool.wasm",
    ...SETTINGS,
    openFiles: 77,
    exec: true,
  };
  assert.equal(JSON.parse(new TextDecoder().decode(request)), expected);
});

test("limits of the process that the engine can't live with", () => {
  const rlimits = [{ type: "RLIMIT_AS", soft: 1024, hard: 1024 }];
  assert.throws(() => planned({ ...PROCESS, rlimits }), /1024 bytes of address space are too few/);
});

test.run();
