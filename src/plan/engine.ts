/** The last steps of a Wasm container: the engine instead of execve of the user's program. Pure. */
import type { Process, Spec } from "../spec/types.ts";
import { ENGINE_ENVIRONMENT } from "../wasm/options.ts";
import type { Request, WasmSettings } from "../wasm/request.ts";
import type { PlanContext } from "./context.ts";
import { cleanPath } from "./mounts.ts";
import { candidates, environment, programArgs } from "./process.ts";
import type { StepOf } from "./steps.ts";

/** What the engine is told beside the process. */
export interface EngineContext {
  /** The caller's soft limit of open files, for a process without RLIMIT_NOFILE. */
  readonly openFiles?: number | undefined;
  /** Whether the process is not the container's first. */
  readonly exec: boolean;
}

/** The JSON that the engine gets (src/wasm/engine.ts reads it). */
function engineRequest(process: Process, settings: WasmSettings, context: EngineContext): Uint8Array {
  const limit = process.rlimits?.find(({ type }) => type === "RLIMIT_NOFILE");
  const soft = limit === undefined ? context.openFiles : Number(limit.soft);
  const request: Request = {
    args: programArgs(process),
    env: process.env ?? [],
    cwd: cleanPath(process.cwd),
    module: programArgs(process)[0] ?? "",
    ...settings,
    // The JavaScript engine raises it for itself at its start.
    ...(soft === undefined ? {} : { openFiles: soft }),
    ...(context.exec ? { exec: true } : {}),
  };
  return new TextEncoder().encode(JSON.stringify(request));
}

/** Where the program may be in the container, in the order of the search. */
function programPaths(process: Process): string[] {
  const cwd = cleanPath(process.cwd);
  const paths = candidates(programArgs(process)[0] ?? "", environment(process.env), cwd);
  return paths.map((path) => (path.startsWith("/") ? path : cleanPath(`${cwd}/${path}`)));
}

/** The first bytes of the program's file; undefined where it is not of the rootfs, but of a mount or nowhere. */
export function programHead(spec: Spec, { headOf }: PlanContext): Uint8Array | undefined {
  if (spec.process === undefined) return undefined;
  for (const path of programPaths(spec.process)) {
    const mounted = spec.mounts?.some(({ destination }) =>
      `${path}/`.startsWith(`${cleanPath(destination)}/`),
    );
    const head = mounted ? undefined : headOf(path);
    if (mounted || head !== undefined) return head;
  }
  return undefined;
}

/**
 * The module is opened as the container's user; the request is sent while nothing is filtered yet. What
 * follows in the plan are the privileges, then the engine's exec, which waits for `start` by itself, at an inherited
 * socket.
 */
export function openModuleStep(
  process: Process,
  settings: WasmSettings,
  context: EngineContext & { readonly socket: number },
): StepOf<"openModule"> {
  return {
    kind: "openModule",
    pointer: "/process/args/0",
    candidates: programPaths(process),
    request: engineRequest(process, settings, context),
    socket: context.socket,
  };
}

/** `addon`: of the inherited descriptors. `env`: variables beside the engine's options. */
export function engineStep(process: Process, addon: number, env: readonly string[] = []): StepOf<"engine"> {
  return { kind: "engine", args: programArgs(process), env: [...ENGINE_ENVIRONMENT, ...env], addon };
}

/** Opens the executable while it is in sight, and forks who will pivot. */
export function helperStep(context: PlanContext): StepOf<"pivotHelper"> {
  return { kind: "pivotHelper", path: context.executable };
}
