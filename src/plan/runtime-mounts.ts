/** The steps that change the mounts of a container that runs: from the host into it, and nothing else. Pure. */
import { OcirtError } from "../errors.ts";
import type { Mount, Spec } from "../spec/types.ts";
import type { MountContext } from "./context.ts";
import { EXEC_INHERITED } from "./exec.ts";
import { cleanPath, planMounts } from "./mounts.ts";
import { NAMESPACES } from "./namespaces.ts";
import { BIND_FLAGS, type Step } from "./steps.ts";

/** The container: its init's pid, and the namespaces (CLONE_NEW*) in which it is not where the runtime is. */
export interface Target {
  readonly pid: number;
  readonly namespaces: number;
}

function inside({ pid, namespaces }: Target, steps: readonly Step[]): Step[] {
  const { pidfd } = EXEC_INHERITED;
  return [
    { kind: "enterContainer", pidfd, cgroup: 0, pid, flags: namespaces },
    ...(namespaces & NAMESPACES.user.flag ? [{ kind: "becomeRoot" } as const] : []),
    ...steps,
    { kind: "noProcess" },
  ];
}

/** One mount out of a list. Throws an OcirtError for what can't be done in a container that runs. */
export function mountSteps(spec: Spec, index: number, target: Target, context: MountContext): Step[] {
  const { type, destination = "" } = spec.mounts?.[index] ?? {};
  if (type === "cgroup") throw refused(`/mounts/${index}`, "type `cgroup`");
  checkDestination(destination, index);
  const { steps, late } = planMounts(spec, context, false);
  const own = [...steps, ...late].filter(({ pointer }) => pointer === `/mounts/${index}`);
  return inside(target, own.map(fromHost));
}

/** Init is in the container when it makes the mount: the source is opened by the host. */
function fromHost(step: Step): Step {
  if (step.kind !== "bind") return step;
  if (step.flags & BIND_FLAGS.copySymlink) throw refused(step.pointer, "the option `copy-symlink`");
  return { ...step, flags: step.flags | BIND_FLAGS.fromHost };
}

function refused(pointer: string | undefined, what: string): OcirtError {
  return new OcirtError({
    action: "plan the mount",
    pointer,
    reason: `${what} is not supported in a container that runs`,
  });
}

function checkDestination(destination: string, index: number): void {
  if (cleanPath(destination) === "/") throw refused(`/mounts/${index}`, "the destination `/`");
}

export function unmountSteps({ destination }: Mount, index: number, target: Target): Step[] {
  checkDestination(destination, index);
  return inside(target, [{ kind: "unmount", pointer: `/mounts/${index}`, target: cleanPath(destination) }]);
}
