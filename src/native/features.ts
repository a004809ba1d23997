/** What only the running kernel can tell. */
import { native } from "./index.ts";

interface FeatureProbes {
  seccompFlagsSupported(flags: number): boolean;
  probeCall(name: string): string;
  bpfLoadDevices(program: Uint8Array): void;
}

/** What `probeCall` can ask for. */
export const PROBED_CALLS = [
  "clone3",
  "openat2",
  "pidfd_open",
  "mount_setattr",
  "open_tree",
  "fsopen",
  "close_range",
  "memfd_exec",
] as const;

export type ProbedCall = (typeof PROBED_CALLS)[number];

/** What the kernel says to a call that changes nothing: the errno's name, "" for success. */
export function probeCall(name: ProbedCall): string {
  return native<FeatureProbes>().probeCall(name);
}

/** Whether seccomp(2) of this kernel takes the flags. */
export function seccompFlagsSupported(flags: number): boolean {
  return native<FeatureProbes>().seccompFlagsSupported(flags);
}

/** Loads a device program (src/cgroup/device-program.ts), attaches it to nothing, and drops it. Throws a NativeError. */
export function loadDeviceProgram(program: Uint8Array): void {
  native<FeatureProbes>().bpfLoadDevices(program);
}
