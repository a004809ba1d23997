/** What init reports of a failed step (index, errno, detail) as an error that a user can act on. */
import { errnoText, OcirtError } from "../errors.ts";
import type { Explanation } from "./program-file.ts";
import type { StepKind } from "./steps.ts";

/** What is known of a step when it fails: of a whole step, or of the part that is kept in the record. */
export interface FailedStep {
  readonly kind: string;
  readonly pointer?: string | undefined;
  readonly path?: string | undefined;
}

export interface StepFailure {
  readonly errno: string;
  /** What init adds: the option that was refused, the file that was tried, a hook's last words. */
  readonly detail: string;
}

/** What is being done by each kind of step, in the words of an error and of the dry run. */
export const ACTIONS: Readonly<Record<StepKind, string>> = {
  becomeRoot: "become root of the user namespace",
  session: "start a session",
  sessionKeyring: "join a session keyring",
  timeNamespace: "create the time namespace",
  joinTime: "join the time namespace",
  joinCgroups: "join the cgroups",
  oomScore: "set oom_score_adj",
  cpuAffinity: "set the CPU affinity",
  openCgroups: "join the cgroups",
  enterContainer: "join the container's namespaces",
  enterCgroups: "join the cgroups",
  cgroupNamespace: "create the cgroup namespace",
  hostname: "set the hostname",
  domainname: "set the domain name",
  loopback: "set up the loopback interface",
  sysctl: "write the sysctl",
  hostPropagation: "set the propagation of the host's mounts",
  rootfs: "open the rootfs",
  mount: "mount",
  bind: "bind mount",
  unmount: "unmount",
  remount: "remount",
  directory: "make the directory",
  device: "make the device",
  symlink: "make the symbolic link",
  console: "set up the terminal",
  awaitHost: "wait for the cgroup",
  notify: "wait for the runtime's hooks",
  hook: "run the hook",
  startHooks: "wait for start with the hooks",
  maskPath: "mask the path",
  readonlyPath: "make read-only the path",
  rootReadonly: "make the rootfs read-only",
  pivotRoot: "pivot to the rootfs",
  moveRoot: "move the root",
  changeRoot: "change the root to the rootfs",
  rootPropagation: "set the propagation of the rootfs",
  umask: "set the umask",
  rlimit: "set the resource limit",
  softLimit: "set the soft resource limit",
  scheduler: "set the scheduler",
  ioPriority: "set the I/O priority",
  memoryPolicy: "set the memory policy",
  personality: "set the personality",
  label: "set the security label",
  boundingSet: "drop capabilities from the bounding set",
  user: "change the user",
  workingDirectory: "change to the working directory",
  ready: "report that it is ready",
  awaitStart: "wait for start",
  noNewPrivileges: "set no_new_privs",
  seccomp: "install the seccomp filter",
  capabilities: "set the capabilities",
  findProgram: "find the program",
  findHome: "find the home directory",
  closeFrom: "close stray descriptors",
  noProcess: "end without a process",
  execute: "execute the program",
  pivotHelper: "start the pivot helper",
  openEngine: "open the executable",
  engineView: "make the Wasm engine's surroundings",
  enterView: "enter the Wasm engine's surroundings",
  openModule: "open the module",
  engine: "start the Wasm engine",
};

const HINTS: Readonly<Record<string, string>> = {
  "rlimit EPERM": "raising a hard limit takes CAP_SYS_RESOURCE, which the runtime lacks here",
  "oomScore EACCES": "lowering it below the caller's own takes CAP_SYS_RESOURCE",
  "cpuAffinity EINVAL": "none of the CPUs is there and allowed to the caller",
  "rootfs ENOENT": "make the directory, or set root.path to the one that holds the root filesystem",
  "rootfs ENOTDIR": "root.path must be a directory",
  "hostname EPERM": "a hostname needs a uts namespace of its own",
  "sysctl ENOENT": "the kernel has no such sysctl, or it is not one of a namespace",
  "scheduler EPERM": "it takes CAP_SYS_NICE, and a cgroup that may use the policy",
  "memoryPolicy EINVAL": "the mode, its flags and the nodes must go together, and the nodes must be there",
  "memoryPolicy ENOSYS": "the kernel has no NUMA policies (CONFIG_NUMA)",
  "label ENOENT": "the kernel has no such security module, or it is not enabled",
  "label EINVAL": "the security module of this label is not enabled on this host",
  "unmount EINVAL": "nothing is mounted there",
  "unmount ENOENT": "nothing is mounted there",
  "console ENOENT": "mount devpts at /dev/pts",
  "openEngine ESTALE": "create the container anew: only root may run its modules by another executable",
  "engineView EPERM": "mount proc at /proc",
};

/** What a user can do about a step that fails with this errno; undefined where nothing is known. */
export const hintFor = (kind: string, errno: string): string | undefined => HINTS[`${kind} ${errno}`];

/** The program's own errors have the texts that engines look for. Init's detail: the file, and maybe a line why. */
function programError(step: FailedStep, failure: StepFailure, why: Explanation | undefined): OcirtError {
  const [file = "", reason = why?.reason] = failure.detail.split("\n");
  const name = step.path ?? file;
  const missing = failure.errno === "ENOENT" && !name.includes("/");
  const text = missing ? "executable file not found in $PATH" : errnoText(failure.errno);
  const found = file === "" || file === name ? "" : ` (\`${file}\`)`;
  return new OcirtError({
    action: step.kind === "execute" ? `exec ${file}: ${text}` : `exec: "${name}": ${text}${found}`,
    pointer: step.pointer,
    reason,
    hint: why?.hint ?? programHint(reason),
  });
}

/** What mends a refusal that init explains (native/init/access.c). */
function programHint(reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined;
  if (reason.includes("lacks the r permission")) return "make it readable with chmod +r";
  if (reason.startsWith("the file")) return "make it executable with chmod +x";
  if (reason.startsWith("the directory")) return "give it with chmod a+x, or run as a user who has it";
  return reason.startsWith("the mount") ? "mount it without noexec" : undefined;
}

function hookError(step: FailedStep, failure: StepFailure): OcirtError {
  const [, , kind, index] = (step.pointer ?? "").split("/");
  const started = failure.errno !== "ECANCELED" && failure.errno !== "ETIMEDOUT";
  return new OcirtError({
    action: `error running ${kind} hook #${index}:`,
    path: step.path,
    pointer: step.pointer,
    reason: failure.detail,
    errno: started ? failure.errno : undefined,
    exitCode: 255,
  });
}

/** `why`: what looking at the program has shown. */
export function stepError(step: FailedStep, failure: StepFailure, why?: Explanation): OcirtError {
  if (step.kind === "findProgram" || step.kind === "execute" || step.kind === "openModule") {
    return programError(step, failure, why);
  }
  if (step.kind === "hook") return hookError(step, failure);
  return new OcirtError({
    action: ACTIONS[step.kind as StepKind] ?? step.kind,
    path: step.path,
    pointer: step.pointer,
    reason: failure.detail === "" ? undefined : failure.detail,
    errno: failure.errno,
    hint: hintFor(step.kind, failure.errno),
  });
}
