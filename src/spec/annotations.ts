/** The annotations of crun that are read together with fields of config.json. docs/annotations.md has all. */

/** CRIU's configuration for this container. */
export const CRIU_CONFIG = "org.criu.config";

/** Files that hooks' stdout and stderr are appended to; relative ones are of the bundle. */
export const HOOKS_STDOUT = "run.oci.hooks.stdout";
export const HOOKS_STDERR = "run.oci.hooks.stderr";

/** "1": the additional groups stay the caller's. */
export const KEEP_GROUPS = "run.oci.keep_original_groups";

/** A socket that gets a pidfd of the container's process. */
export const PIDFD_RECEIVER = "run.oci.pidfd_receiver";

/** Which of SELinux's mount options `mountLabel` becomes. */
export const MOUNT_CONTEXT = "run.oci.mount_context_type";
export const MOUNT_CONTEXTS: readonly string[] = ["context", "fscontext", "defcontext", "rootcontext"];

/** The socket of the process that gets the seccomp listener where `listenerPath` names none. */
export const SECCOMP_RECEIVER = "run.oci.seccomp.receiver";

/** Other than "0": a system call that nobody knows is an error. */
export const SECCOMP_STRICT = "run.oci.seccomp_fail_unknown_syscall";

/** A whole filter, struct sock_filter[] in base64, in place of the rules. */
export const SECCOMP_FILTER = "run.oci.seccomp_bpf_data";

/** Offsets of a new time namespace that has none in `timeOffsets`, as lines of timens_offsets. */
export const TIME_OFFSETS = "run.oci.timens_offset";

/** A cgroup below the container's, on cgroup v2, that its process begins in and may arrange. */
export const DELEGATE_CGROUP = "run.oci.delegate-cgroup";

/** systemd's driver: the container's cgroup is this one below its scope. */
export const SYSTEMD_SUBGROUP = "run.oci.systemd.subgroup";

/** systemd's driver: begins the name of a property of the unit. */
export const SYSTEMD_PROPERTY = "org.systemd.property.";

/** The mount at this destination becomes systemd's hierarchy of cgroup v1, for an old systemd on a host with v2. */
export const FORCE_CGROUP_V1 = "run.oci.systemd.force_cgroup_v1";

/** What crun does on these and ocirt doesn't. */
export const UNSUPPORTED_ANNOTATIONS: readonly string[] = ["run.oci.seccomp.plugins"];
