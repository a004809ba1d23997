/** The capabilities of Linux by name, in the order of their numbers (capabilities(7)). */
import type { Capabilities } from "../spec/types.ts";

export const CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

const NUMBERS = new Map<string, bigint>(CAPABILITIES.map((name, number) => [name, BigInt(number)]));

export type CapabilityMasks = { readonly [K in keyof Required<Capabilities>]: bigint };

/** The five sets as masks. An unknown name is warned of, as config.md asks, and left out. */
export function capabilityMasks(sets: Capabilities, warn: (text: string) => void): CapabilityMasks {
  const unknown = new Set<string>();
  const mask = (names: readonly string[] = []): bigint => {
    let bits = 0n;
    for (const name of names) {
      const number = NUMBERS.get(name);
      if (number === undefined) unknown.add(name);
      else bits |= 1n << number;
    }
    return bits;
  };
  const masks = {
    bounding: mask(sets.bounding),
    effective: mask(sets.effective),
    permitted: mask(sets.permitted),
    inheritable: mask(sets.inheritable),
    ambient: mask(sets.ambient),
  };
  if (unknown.size > 0) {
    warn(`ignoring unknown capabilities (config.json /process/capabilities): ${[...unknown].join(", ")}`);
  }
  // The kernel raises an ambient capability only where it is permitted and inheritable (capabilities(7)).
  const refused = masks.ambient & ~(masks.permitted & masks.inheritable);
  if (refused !== 0n) {
    for (const name of capabilityNames(refused)) {
      warn(`can't raise ambient capability ${name}: it must be permitted and inheritable as well`);
    }
  }
  return { ...masks, ambient: masks.ambient & ~refused };
}

/** The names in a mask. */
export function capabilityNames(mask: bigint): string[] {
  return CAPABILITIES.filter((_, number) => (mask >> BigInt(number)) & 1n);
}
