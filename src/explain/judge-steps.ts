/** Whether this host and user can do a step of the plan: one judge for each kind, so that none is forgotten. Pure. */
import type { Step, StepKind, StepOf } from "../plan/steps.ts";
import {
  judgeBind,
  judgeDevice,
  judgeMount,
  judgePivot,
  judgeRootfs,
  judgeSysctl,
  mounting,
} from "./judge-mounts.ts";
import {
  judgeBoundingSet,
  judgeHook,
  judgeIoPriority,
  judgeLabel,
  judgeMemoryPolicy,
  judgeModule,
  judgeProgram,
  judgeRlimit,
  judgeScheduler,
  judgeSeccomp,
  judgeUser,
} from "./judge-process.ts";
import { hasInside, takes, USER_NAMESPACE } from "./rights.ts";
import { fails, type Judged, OK, type Verdict, warns } from "./types.ts";

type Judge<K extends StepKind> = (step: StepOf<K>, judged: Judged) => Verdict;

/** What init may always do, or what has been judged with what it needs: the cgroups, the namespaces. */
const can = (): Verdict => OK;
/** What init does over its mounts, its host name, its network. */
const governs = (_step: Step, judged: Judged): Verdict => mounting(judged);

const kernelHas =
  (type: string, option: string) =>
  (_step: Step, judged: Judged): Verdict =>
    judged.facts.host.namespaces.includes(type)
      ? mounting(judged)
      : fails(`the kernel has no ${type} namespaces`, `use a kernel with ${option}`);

const JUDGES: { readonly [K in StepKind]: Judge<K> } = {
  becomeRoot: can,
  session: can,
  sessionKeyring: can,
  timeNamespace: kernelHas("time", "CONFIG_TIME_NS"),
  joinCgroups: can,
  oomScore: can,
  cpuAffinity: can,
  openCgroups: can,
  enterContainer: can,
  enterCgroups: can,
  joinTime: can,
  cgroupNamespace: kernelHas("cgroup", "CONFIG_CGROUPS"),
  hostname: governs,
  domainname: governs,
  loopback: (_step, judged) => takes(hasInside(judged, "CAP_NET_ADMIN"), "CAP_NET_ADMIN", USER_NAMESPACE),
  sysctl: judgeSysctl,
  hostPropagation: governs,
  rootfs: judgeRootfs,
  mount: judgeMount,
  bind: judgeBind,
  unmount: governs,
  remount: governs,
  directory: can,
  device: judgeDevice,
  symlink: can,
  console: () =>
    warns("create needs a socket that takes the terminal", "give create --console-socket, or use run"),
  awaitHost: can,
  notify: can,
  hook: judgeHook,
  startHooks: can,
  maskPath: governs,
  readonlyPath: governs,
  rootReadonly: governs,
  pivotRoot: judgePivot,
  moveRoot: governs,
  changeRoot: (_step, judged) => takes(hasInside(judged, "CAP_SYS_CHROOT"), "CAP_SYS_CHROOT", USER_NAMESPACE),
  rootPropagation: governs,
  umask: can,
  rlimit: judgeRlimit,
  softLimit: can,
  scheduler: judgeScheduler,
  ioPriority: judgeIoPriority,
  memoryPolicy: judgeMemoryPolicy,
  personality: can,
  label: judgeLabel,
  boundingSet: judgeBoundingSet,
  user: judgeUser,
  workingDirectory: can,
  ready: can,
  awaitStart: can,
  noNewPrivileges: can,
  seccomp: judgeSeccomp,
  capabilities: can,
  findProgram: (step, judged) => judgeProgram(step.candidates, judged),
  findHome: can,
  closeFrom: can,
  noProcess: () => warns("there is no process: start finds nothing to run", "add process to config.json"),
  execute: can,
  pivotHelper: governs,
  openModule: judgeModule,
  openEngine: can,
  engineView: governs,
  enterView: can,
  engine: can,
};

export function judgeStep(step: Step, judged: Judged): Verdict {
  return (JUDGES[step.kind] as Judge<StepKind>)(step as StepOf<StepKind>, judged);
}
