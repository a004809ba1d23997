/** All annotations that change what the runtime does. docs/annotations.md is compared with it. */
import {
  CRIU_CONFIG,
  DELEGATE_CGROUP,
  FORCE_CGROUP_V1,
  HOOKS_STDERR,
  HOOKS_STDOUT,
  KEEP_GROUPS,
  MOUNT_CONTEXT,
  MOUNT_CONTEXTS,
  PIDFD_RECEIVER,
  SECCOMP_FILTER,
  SECCOMP_RECEIVER,
  SECCOMP_STRICT,
  SYSTEMD_PROPERTY,
  SYSTEMD_SUBGROUP,
  TIME_OFFSETS,
  UNSUPPORTED_ANNOTATIONS,
} from "./annotations.ts";

export interface Annotation {
  readonly name: string;
  readonly values: string;
  readonly effect: string;
}

const SANDBOX = "a pod's sandbox: never a Wasm module, whatever the pod's annotations say";

export const ANNOTATIONS: readonly Annotation[] = [
  {
    name: "run.oci.handler",
    values: "`wasm`, `wasm-smart`",
    effect: "the container is a Wasm module; `smart`: where its file is one",
  },
  {
    name: "module.wasm.image/variant",
    values: "`compat`, `compat-smart`",
    effect: "the same, for images; `run.oci.handler` comes first",
  },
  { name: "io.kubernetes.cri.container-type", values: "`sandbox`", effect: SANDBOX },
  { name: "io.kubernetes.cri-o.ContainerType", values: "`sandbox`", effect: SANDBOX },
  {
    name: "run.ocirt.wasm.executor",
    values: "`ocirt`, `wasmer`",
    effect: "which WASI host the module gets",
  },
  {
    name: "run.ocirt.wasm.preopens",
    values: "`/data,/etc=/config`",
    effect: "the directories that the module finds, under their own or other names; `/` without it",
  },
  {
    name: "run.ocirt.wasm.unix-sockets",
    values: "`true`, `false`",
    effect: "whether the module may use sockets of AF_UNIX",
  },
  {
    name: "run.ocirt.wasm.http-port",
    values: "a port; `8080` without it",
    effect: "where a component's HTTP handler is served",
  },
  {
    name: HOOKS_STDOUT,
    values: "a file; relative: of the bundle",
    effect: "hooks' stdout is appended to it; without it, what a failing hook wrote is in the error",
  },
  {
    name: CRIU_CONFIG,
    values: "a file",
    effect: "CRIU's configuration for `checkpoint` and `restore`, which overrules options; empty: none",
  },
  { name: HOOKS_STDERR, values: "a file; relative: of the bundle", effect: "the same for stderr" },
  {
    name: KEEP_GROUPS,
    values: "`1`",
    effect: "the additional groups stay the caller's; `process.user.additionalGids` has no effect",
  },
  {
    name: PIDFD_RECEIVER,
    values: "a stream socket",
    effect: "gets a pidfd of the container's process, and the container's id as text, while it is created",
  },
  {
    name: MOUNT_CONTEXT,
    values: MOUNT_CONTEXTS.map((one) => `\`${one}\``).join(", "),
    effect: "the mount option that `linux.mountLabel` becomes; `context` without it",
  },
  {
    name: SECCOMP_RECEIVER,
    values: "a stream socket, absolute",
    effect: "the seccomp agent where `linux.seccomp.listenerPath` names none",
  },
  {
    name: SECCOMP_STRICT,
    values: "anything but `0`",
    effect: "a system call of the profile that libseccomp does not know is an error, and not skipped",
  },
  {
    name: SECCOMP_FILTER,
    values: "`struct sock_filter[]` in base64",
    effect: "is installed in place of what the rules of `linux.seccomp` make; its flags still count",
  },
  {
    name: TIME_OFFSETS,
    values: "lines of `clock seconds nanoseconds`",
    effect: "offsets of a new time namespace where `linux.timeOffsets` has none",
  },
  {
    name: DELEGATE_CGROUP,
    values: "a path below the container's cgroup",
    effect:
      "on cgroup v2 the process begins in that cgroup, which is given to its user; the limits stay above it",
  },
  {
    name: `${SYSTEMD_PROPERTY}*`,
    values: "a value in GVariant's text form",
    effect: "with the cgroup manager systemd: a property of the container's unit",
  },
  {
    name: SYSTEMD_SUBGROUP,
    values: "a name",
    effect: "with the cgroup manager systemd: the container's cgroup is this one below its scope",
  },
  {
    name: FORCE_CGROUP_V1,
    values: "a mount's destination",
    effect:
      "a tmpfs with systemd's hierarchy of cgroup v1 is mounted there instead; the host has to have it mounted",
  },
  ...UNSUPPORTED_ANNOTATIONS.map((name) => ({ name, values: "any", effect: "refused by name" })),
];
