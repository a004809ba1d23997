/** The last steps of a Wasm container: the engine instead of execve of the user's program. Pure. */
import type { Spec } from "../spec/types.ts";
import { type Handler, memoryLimit } from "../wasm/dispatch.ts";
import { ENGINE_ENVIRONMENT, ENGINE_MEMORY } from "../wasm/options.ts";
import { preopensOf } from "../wasm/preopens.ts";
import type { Request } from "../wasm/request.ts";
import { INHERITED, type PlanContext } from "./context.ts";
import { cleanPath } from "./mounts.ts";
import { candidates, environment, programArgs } from "./process.ts";
import type { Step } from "./steps.ts";

type WasmHandler = Extract<Handler, { kind: "wasm" }>;

/** The JSON that the engine gets (src/wasm/engine.ts reads it). */
function engineRequest(spec: Spec, handler: WasmHandler, { openFiles }: PlanContext): Uint8Array {
  const limit = spec.process?.rlimits?.find(({ type }) => type === "RLIMIT_NOFILE");
  const soft = limit === undefined ? openFiles : Number(limit.soft);
  const memory = memoryLimit(spec);
  const request: Request = {
    args: programArgs(spec.process),
    env: spec.process?.env ?? [],
    cwd: cleanPath(spec.process?.cwd ?? "/"),
    module: programArgs(spec.process)[0] ?? "",
    preopens: preopensOf(spec),
    executor: handler.executor,
    unixSockets: handler.unixSockets,
    httpPort: handler.httpPort,
    // The JavaScript engine raises it for itself at its start.
    ...(soft === undefined ? {} : { openFiles: soft }),
    ...(memory === undefined ? {} : { memory: Math.max(0, memory - ENGINE_MEMORY) }),
  };
  return new TextEncoder().encode(JSON.stringify(request));
}

/** Where the program may be in the container, in the order of the search. */
function programPaths(spec: Spec): string[] {
  const cwd = cleanPath(spec.process?.cwd ?? "/");
  const paths = candidates(programArgs(spec.process)[0] ?? "", environment(spec.process?.env), cwd);
  return paths.map((path) => (path.startsWith("/") ? path : cleanPath(`${cwd}/${path}`)));
}

/** The first bytes of the program's file; undefined where it is not of the rootfs, but of a mount or nowhere. */
export function programHead(spec: Spec, { headOf }: PlanContext): Uint8Array | undefined {
  if (spec.process === undefined) return undefined;
  for (const path of programPaths(spec)) {
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
 * follows in the plan are the privileges, then the engine's exec, which waits for `start` by itself.
 */
export function engineSteps(spec: Spec, handler: WasmHandler, context: PlanContext): Step[] {
  return [
    {
      kind: "openModule",
      pointer: "/process/args/0",
      candidates: programPaths(spec),
      request: engineRequest(spec, handler, context),
      socket: INHERITED.startSocket,
    },
  ];
}

export function engineStep(spec: Spec): Step {
  return {
    kind: "engine",
    args: programArgs(spec.process),
    env: [...ENGINE_ENVIRONMENT],
    addon: INHERITED.addon,
  };
}

/** Opens the executable while it is in sight, and forks who will pivot. */
export function helperStep(context: PlanContext): Step {
  return { kind: "pivotHelper", path: context.executable };
}
