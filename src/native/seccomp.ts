/** Seccomp filters: rules in, the program for the kernel out. The addon's part is libseccomp. */
import { OcirtError } from "../errors.ts";
import { needsListener, type SeccompRule, seccompFlags, seccompRules } from "../plan/seccomp.ts";
import { enosysPrologue, needsEnosys } from "../plan/seccomp-enosys.ts";
import type { Seccomp } from "../spec/types.ts";
import { isNativeError, type NativeError, native } from "./index.ts";
import { cachedFilter, storeFilter } from "./seccomp-cache.ts";

interface SeccompNative {
  /** The bytes of struct sock_filter[]; names that libseccomp does not know are skipped, unless it is strict. */
  seccompCompile(
    defaultAction: number,
    architectures: readonly number[],
    rules: readonly SeccompRule[],
    strict: boolean,
  ): Uint8Array;
  /** The highest number that any of the names has on the architecture; 0 when none has. */
  seccompNewest(architecture: number, names: readonly string[]): number;
  seccompNativeArchitecture(): number;
  /** libseccomp's version, "2.5.4". */
  seccompVersion(): string;
}

export interface CompiledSeccomp {
  /** struct sock_filter[]. */
  readonly bpf: Uint8Array;
  /** For seccomp(2). */
  readonly flags: number;
  /** Whether seccomp(2) returns a descriptor for a listener. */
  readonly listener: boolean;
}

/** The kernel's BPF_MAXINSNS. */
const MAX_INSTRUCTIONS = 4096;

/** Version of libseccomp that is linked in, for `features`. */
export const seccompVersion = (): string => native<SeccompNative>().seccompVersion();

/** ELF's e_machine of this host's programs: the low half of its AUDIT_ARCH_*. */
export const hostMachine = (): number => native<SeccompNative>().seccompNativeArchitecture() & 0xffff;

/**
 * The filter of a profile, from the cache directory where it has been compiled before; "" for no cache.
 * Throws OcirtError with the JSON pointer of what libseccomp or the tables refuse.
 */
export function compileSeccomp(seccomp: Seccomp, cacheDir: string, strict = false): CompiledSeccomp {
  const flags = seccompFlags(seccomp);
  const listener = needsListener(seccomp);
  const version = seccompVersion();
  // What is in the cache may have been compiled with names skipped.
  const cached = cacheDir === "" || strict ? undefined : cachedFilter(cacheDir, seccomp, version);
  if (cached?.bpf !== undefined) return { bpf: cached.bpf, flags, listener };
  const bpf = compile(seccomp, strict);
  if (cached !== undefined) storeFilter(cacheDir, cached.key, bpf);
  return { bpf, flags, listener };
}

/** Compiles without the cache. */
function compile(seccomp: Seccomp, strict: boolean): Uint8Array {
  const addon = native<SeccompNative>();
  const { defaultAction, architectures, rules } = seccompRules(seccomp);
  let filter: Uint8Array;
  try {
    filter = addon.seccompCompile(defaultAction, architectures, rules, strict);
  } catch (error) {
    throw isNativeError(error) ? refused(error, rules) : error;
  }
  const bpf = needsEnosys(defaultAction) ? withPrologue(addon, seccomp, architectures, filter) : filter;
  if (bpf.length / 8 > MAX_INSTRUCTIONS) {
    throw new OcirtError({
      action: "compile the seccomp profile",
      pointer: "/linux/seccomp/syscalls",
      reason: `it makes ${bpf.length / 8} instructions, the kernel takes ${MAX_INSTRUCTIONS}`,
    });
  }
  return bpf;
}

function withPrologue(
  addon: SeccompNative,
  seccomp: Seccomp,
  architectures: readonly number[],
  filter: Uint8Array,
): Uint8Array {
  const names = (seccomp.syscalls ?? []).flatMap((rule) => rule.names);
  const all = new Set([addon.seccompNativeArchitecture(), ...architectures]);
  const prologue = enosysPrologue(new Map([...all].map((one) => [one, addon.seccompNewest(one, names)])));
  const bpf = new Uint8Array(prologue.length + filter.length);
  bpf.set(prologue);
  bpf.set(filter, prologue.length);
  return bpf;
}

/** libseccomp's refusal, at the place in config.json that it came from. */
function refused(error: NativeError, rules: readonly SeccompRule[]): OcirtError {
  const index = (error as { index?: number }).index ?? 0;
  if (error.syscall === "seccomp_syscall_resolve_name") {
    return new OcirtError({
      action: "invalid seccomp syscall",
      path: error.path,
      pointer: rules[index]?.pointer,
      reason: `libseccomp ${seccompVersion()} does not know it`,
    });
  }
  const pointers: Record<string, string | undefined> = {
    seccomp_arch_add: `/linux/seccomp/architectures/${index}`,
    seccomp_rule_add: rules[index]?.pointer,
  };
  return new OcirtError({
    action: `compile the seccomp profile with ${error.syscall}`,
    path: error.path,
    pointer: pointers[error.syscall] ?? "/linux/seccomp",
    errno: error.code,
  });
}
