/** Checks of the system call filter (config-linux.md, seccomp). */
import { SECCOMP_RECEIVER } from "./annotations.ts";
import type { Check } from "./semantics.ts";
import type { SeccompAction } from "./types.ts";

const SECCOMP = "/linux/seccomp";
const NOTIFY = "SCMP_ACT_NOTIFY";

/** The actions that return an errno, or give one to the tracer. */
const WITH_ERRNO: readonly SeccompAction[] = ["SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"];

export const SECCOMP_CHECKS: readonly Check[] = [
  {
    reads: [SECCOMP, "/annotations"],
    run: ({ linux, annotations }, report) => {
      const seccomp = linux?.seccomp;
      if (seccomp === undefined) return;
      const { defaultAction, defaultErrnoRet, syscalls = [] } = seccomp;
      const agent = seccomp.listenerPath || annotations?.[SECCOMP_RECEIVER] || "";
      const hasListener = agent !== "";
      if (hasListener && !agent.startsWith("/")) {
        const pointer = seccomp.listenerPath ? `${SECCOMP}/listenerPath` : `/annotations/${SECCOMP_RECEIVER}`;
        report(pointer, "the seccomp receiver must be an absolute path");
      }
      const errno = (action: SeccompAction, value: number | undefined, pointer: string) => {
        if (value !== undefined && !WITH_ERRNO.includes(action)) report(pointer, `${action} takes no errno`);
      };
      errno(defaultAction, defaultErrnoRet, `${SECCOMP}/defaultErrnoRet`);
      if (defaultAction === NOTIFY) {
        report(`${SECCOMP}/defaultAction`, `${NOTIFY} cannot be used as the default action`);
      }
      if ((seccomp.listenerMetadata ?? "") !== "" && !hasListener) {
        report(`${SECCOMP}/listenerMetadata`, "needs listenerPath beside it");
      }
      syscalls.forEach(({ names, action, errnoRet }, index) => {
        errno(action, errnoRet, `${SECCOMP}/syscalls/${index}/errnoRet`);
        if (action !== NOTIFY) return;
        if (!hasListener)
          report(`${SECCOMP}/syscalls/${index}/action`, `${NOTIFY} needs seccomp.listenerPath`);
        if (names.includes("write")) {
          report(`${SECCOMP}/syscalls/${index}/action`, `${NOTIFY} cannot be used for the write syscall`);
        }
      });
    },
  },
];
