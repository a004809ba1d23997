/** `linux.seccomp` of config.json. */
import type { Uint64 } from "./types.ts";

export interface Seccomp {
  readonly defaultAction: SeccompAction;
  /** Only with an action that takes an errno. */
  readonly defaultErrnoRet?: number;
  /** SCMP_ARCH_X86_64 and so on. */
  readonly architectures?: readonly string[];
  /** SECCOMP_FILTER_FLAG_LOG and so on. */
  readonly flags?: readonly string[];
  /** A UNIX socket that is sent the notify descriptor. */
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
  readonly syscalls?: readonly SyscallRule[];
}

export type SeccompAction =
  | "SCMP_ACT_KILL"
  | "SCMP_ACT_KILL_PROCESS"
  | "SCMP_ACT_KILL_THREAD"
  | "SCMP_ACT_TRAP"
  | "SCMP_ACT_ERRNO"
  | "SCMP_ACT_TRACE"
  | "SCMP_ACT_ALLOW"
  | "SCMP_ACT_LOG"
  | "SCMP_ACT_NOTIFY";

export interface SyscallRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly SyscallArg[];
}

export interface SyscallArg {
  /** 0 to 5. */
  readonly index: number;
  /** For SCMP_CMP_MASKED_EQ the mask, and valueTwo what is compared. */
  readonly value: Uint64;
  readonly valueTwo?: Uint64;
  readonly op: SeccompOperator;
}

export type SeccompOperator =
  | "SCMP_CMP_NE"
  | "SCMP_CMP_LT"
  | "SCMP_CMP_LE"
  | "SCMP_CMP_EQ"
  | "SCMP_CMP_GE"
  | "SCMP_CMP_GT"
  | "SCMP_CMP_MASKED_EQ";
