/** Hooks that run in the runtime's namespaces (config.md, POSIX-platform Hooks). */
import { OcirtError } from "../errors.ts";
import { files } from "../native/index.ts";
import { type ChildResult, processes } from "../native/process.ts";
import { HOOKS_STDERR, HOOKS_STDOUT } from "../spec/annotations.ts";
import type { Hook, HookKind } from "../spec/types.ts";
import { interrupted } from "./interruption.ts";
import { openOutput } from "./output.ts";
import { LONGEST_TIMEOUT } from "./timeout.ts";

/** The exit code of run and create when a hook fails, as crun's. */
const HOOK_FAILED = 255;

/** The state that a hook gets on stdin, as runtime.md has it. */
export interface HookState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: string;
  readonly pid?: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a hook's end says against it; undefined where it succeeded. */
function failureOf(result: ChildResult, hook: Hook): string | undefined {
  const output = result.output.trim();
  const said = output === "" ? "" : `, output: ${output}`;
  if (result.error !== undefined) return undefined;
  if (result.timedOut) return `it was killed after its timeout of ${hook.timeout} s${said}`;
  if ((result.status & 0x7f) !== 0) return `it was ended by signal ${result.status & 0x7f}${said}`;
  if (result.status !== 0) return `exit status ${result.status >> 8}${said}`;
  return undefined;
}

/** Runs a hook with its output where the annotations want it. */
function runHook(kind: HookKind, hook: Hook, index: number, state: HookState): OcirtError | undefined {
  const open: number[] = [];
  const output = (name: string): number => {
    const fd = openOutput(name, state.annotations, state.bundle);
    if (fd >= 0) open.push(fd);
    return fd;
  };
  try {
    return runChild(kind, hook, index, state, [output(HOOKS_STDOUT), output(HOOKS_STDERR)]);
  } catch (error) {
    if (error instanceof OcirtError) return error;
    throw error;
  } finally {
    for (const fd of open) files().close(fd);
  }
}

function runChild(
  kind: HookKind,
  hook: Hook,
  index: number,
  state: HookState,
  [out, err]: readonly [number, number],
): OcirtError | undefined {
  const result = processes().runChild({
    path: hook.path,
    args: hook.args?.length ? hook.args : [hook.path],
    // Without an environment of its own a hook has the caller's.
    ...(hook.env === undefined ? {} : { env: hook.env }),
    cwd: state.bundle,
    input: JSON.stringify(state),
    timeout: Math.min(hook.timeout ?? 0, LONGEST_TIMEOUT) * 1000,
    out,
    err,
  });
  if (result.interrupted)
    return interrupted(`error running ${kind} hook #${index}:`, hook.path, `/hooks/${kind}/${index}`);
  const reason = failureOf(result, hook);
  if (reason === undefined && result.error === undefined) return undefined;
  return new OcirtError({
    action: `error running ${kind} hook #${index}:`,
    path: hook.path,
    pointer: `/hooks/${kind}/${index}`,
    errno: result.error,
    reason,
    exitCode: HOOK_FAILED,
  });
}

/** Runs them in order; the first failure ends it. */
export function runHooks(kind: HookKind, hooks: readonly Hook[] | undefined, state: HookState): void {
  hooks?.forEach((hook, index) => {
    const error = runHook(kind, hook, index, state);
    if (error !== undefined) throw error;
  });
}

/** Runs all of them; failures are told and have no other consequence (poststop). */
export function runAllHooks(
  kind: HookKind,
  hooks: readonly Hook[] | undefined,
  state: HookState,
  warn: (error: OcirtError) => void,
): void {
  hooks?.forEach((hook, index) => {
    const error = runHook(kind, hook, index, state);
    if (error !== undefined) warn(error);
  });
}
