/** Starts init with its plan and the descriptors that are only for it. */
import { birthplace, cgroupDirForClone } from "../cgroup/driver.ts";
import { openOutput } from "../hooks/output.ts";
import { files, isNativeError } from "../native/index.ts";
import { O_RDONLY_CLOEXEC } from "../native/open-flags.ts";
import { processes } from "../native/process.ts";
import { INHERITED } from "../plan/context.ts";
import { encodePlan } from "../plan/encode.ts";
import { HOOKS_STDERR, HOOKS_STDOUT } from "../spec/annotations.ts";
import { openNamespace, spawnError } from "./launch-namespaces.ts";
import type { Prepared } from "./prepare.ts";
import { type ContainerRecord, startSocketOf } from "./store.ts";

/** `waits`: whether it is to wait for `start`. */
export function spawnInit(
  root: string,
  { plan, spec, preserved, cgroup }: Prepared,
  record: ContainerRecord,
  waits: boolean,
): { pid: number; sync: number } {
  const open: number[] = [];
  /** Remembers a descriptor that is only for init. */
  const keep = (fd: number): number => {
    if (fd >= 0) open.push(fd);
    return fd;
  };
  const hookOutput = (name: string): number => keep(openOutput(name, record.annotations, record.bundle));
  const pass: number[] = [];
  try {
    pass[INHERITED.startSocket] = waits ? keep(processes().listenAt(startSocketOf(root, record.id))) : -1;
    pass[INHERITED.addon] = plan.wasm ? keep(processes().addonMemory()) : -1;
    const { createContainer, startContainer } = spec.hooks ?? {};
    const hooked = createContainer !== undefined || startContainer !== undefined;
    pass[INHERITED.hookOut] = hooked ? hookOutput(HOOKS_STDOUT) : -1;
    pass[INHERITED.hookErr] = hooked ? hookOutput(HOOKS_STDERR) : -1;
    const joins: number[] = [];
    for (const join of plan.namespaces.joins) {
      const fd = keep(openNamespace(join.path, join.type, join.pointer));
      pass.push(fd);
      if (join.type !== "time") joins.push(fd, join.flag);
    }
    try {
      return processes().spawn({
        plan: encodePlan(plan.steps),
        flags: plan.namespaces.cloneFlags,
        cgroup: keep(openCgroup(record, cgroup.ownership ?? {})),
        keep: preserved.count,
        kept: preserved.open,
        carry: plan.namespaces.present.has("user"),
        pass,
        joins,
      });
    } catch (error) {
      throw isNativeError(error) ? spawnError(plan.namespaces, error) : error;
    }
  } finally {
    for (const fd of open) files().close(fd);
  }
}

/** Init starts in its cgroup of the unified hierarchy; -1 where there is none. */
function openCgroup({ cgroups }: ContainerRecord, ownership: Parameters<typeof birthplace>[1]): number {
  const directory = cgroupDirForClone(birthplace(cgroups, ownership));
  return directory === undefined ? -1 : files().open(directory, O_RDONLY_CLOEXEC, 0);
}
