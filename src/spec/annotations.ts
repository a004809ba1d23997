/** Annotations of crun that fields of config.json are read together with. docs/annotations.md has all. */

/** The socket of the process that gets the seccomp listener where `listenerPath` names none. */
export const SECCOMP_RECEIVER = "run.oci.seccomp.receiver";

/** Which of SELinux's mount options `mountLabel` becomes. */
export const MOUNT_CONTEXT = "run.oci.mount_context_type";
export const MOUNT_CONTEXTS: readonly string[] = ["context", "fscontext", "defcontext", "rootcontext"];
