/** `exec` in a Wasm container. Loaded only there. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import type { ExecBase, ProgramSteps } from "../plan/exec.ts";
import { type EngineFiles, engineProgram } from "../plan/exec-engine.ts";
import type { Process } from "../spec/types.ts";
import { memoryLeft } from "../wasm/memory-left.ts";
import { ENGINE_TASKS } from "../wasm/options.ts";
import type { ContainerRecord } from "./store.ts";

/** Set by the build: what the second half of the executable is linked with. */
declare const OCIRT_ENGINE_LINKS: Pick<EngineFiles, "loader" | "libraries">;

/** Who runs the module. */
export function wasmProgram(
  record: ContainerRecord,
  program: Process,
  { wasm: settings }: ExecBase,
  openFiles: number | undefined,
): ProgramSteps {
  if (settings === undefined)
    throw new OcirtError({
      action: "exec in the container",
      reason: "it is not kept what its modules have in common",
      hint: "a container of an older version of ocirt has to be created anew",
    });
  checkTasks(record.cgroups);
  const { memory } = settings;
  const own = memory === undefined ? settings : { ...settings, memory: leftOf(memory, record.cgroups) };
  const engine = { executable: process.execPath, ...OCIRT_ENGINE_LINKS };
  return engineProgram(program, own, engine, { pid: record.pid, openFiles });
}

/** Where it can't have a thread the engine ends in the middle of its work. */
function checkTasks({ pids: v1, "": v2 }: ContainerRecord["cgroups"]): void {
  const directory = v1 ?? v2;
  if (directory === undefined) return;
  let most: number;
  let used: number;
  try {
    // "max" is no number, and nothing is too few of it.
    most = Number(files().readText(`${directory}/pids.max`));
    used = Number(files().readText(`${directory}/pids.current`));
  } catch (error) {
    if (isNativeError(error)) return;
    throw error;
  }
  if (!(most - used < ENGINE_TASKS)) return;
  throw new OcirtError({
    action: "exec in the container",
    reason: `of its limit ${Math.max(0, most - used)} tasks are left, too few for another Wasm engine`,
    hint: `it needs ${ENGINE_TASKS}`,
  });
}

function leftOf(memory: number, cgroups: ContainerRecord["cgroups"]): number {
  const { memory: v1, "": v2 } = cgroups;
  const directory = v1 ?? v2;
  if (directory === undefined) return memory;
  const read = (name: string) => files().readText(`${directory}/memory.${name}`);
  const usage = v1 === undefined ? "current" : "usage_in_bytes";
  try {
    return memoryLeft(memory, read(usage), read("stat"), v1 === undefined ? "v2" : "v1");
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({ action: "read the container's memory", path: directory, errno: error.code });
  }
}

/** A file that isn't there is an ordinary tool, as likely as not. */
export function withWasmHint<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof OcirtError) || error.facts.hint !== undefined) throw error;
    if (!error.facts.action.startsWith("exec: ")) throw error;
    const hint =
      "the container is a WebAssembly one: name a module of its rootfs, and run other programs in a container of their own";
    throw new OcirtError({ ...error.facts, hint });
  }
}
