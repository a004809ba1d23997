/**
 * What `create` keeps for `exec`: the bundle's config.json may be another by then, and would have to be read,
 * validated, and its seccomp profile be compiled again for each process.
 */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import type { ExecBase } from "../plan/exec.ts";
import type { ContainerPlan } from "../plan/index.ts";
import type { Spec } from "../spec/types.ts";
import { directoryOf, KEPT } from "./store.ts";

const pathOf = (root: string, id: string): string => `${directoryOf(root, id)}/${KEPT}exec.json`;
const filterOf = (root: string, id: string): string => `${directoryOf(root, id)}/${KEPT}exec.bpf`;

/** 64-bit integers become digits, which BigInt reads as well. A replacer makes it slow, and they are rare. */
function serialize(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, (_, member) => (typeof member === "bigint" ? String(member) : member));
  }
}

/** Writes what processes in the container will need of its configuration and of its plan. */
export function keepForExec(
  root: string,
  id: string,
  spec: Spec,
  { steps, settings }: Pick<ContainerPlan, "steps" | "settings">,
): void {
  if (spec.process === undefined) return;
  const { terminal: _, consoleSize: __, args: ___, ...process } = spec.process;
  const { memoryPolicy, personality } = spec.linux ?? {};
  let filter: Uint8Array | undefined;
  let base: ExecBase = {
    process,
    linux: { ...(memoryPolicy ? { memoryPolicy } : {}), ...(personality ? { personality } : {}) },
    keyring: false,
    setGroups: true,
    ...(settings === undefined ? {} : { wasm: settings }),
  };
  for (const step of steps) {
    if (step.kind === "sessionKeyring") base = { ...base, keyring: true };
    else if (step.kind === "user") base = { ...base, setGroups: step.setGroups === 1 };
    else if (step.kind === "seccomp") {
      base = { ...base, seccompFlags: step.flags };
      filter = step.filter;
    }
  }
  if (filter !== undefined) files().writeFile(filterOf(root, id), filter, 0o600);
  files().writeFile(pathOf(root, id), serialize(base), 0o600);
}

/** What was kept, with the filter. */
export function readForExec(
  root: string,
  id: string,
): { readonly base: ExecBase; readonly filter?: Uint8Array } {
  try {
    const base = JSON.parse(files().readText(pathOf(root, id))) as ExecBase;
    if (base.seccompFlags === undefined) return { base };
    return { base, filter: files().readFile(filterOf(root, id)) };
  } catch (error) {
    throw new OcirtError({
      action: "read what the container's processes have in common",
      path: pathOf(root, id),
      errno: isNativeError(error) ? error.code : undefined,
      hint: "a container of an older version of ocirt has to be created anew",
    });
  }
}
