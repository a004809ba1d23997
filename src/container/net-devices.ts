/** Network devices that the container takes over (config-linux.md, Network Devices). */
import { OcirtError } from "../errors.ts";
import { files, isNativeError, native } from "../native/index.ts";
import { O_RDONLY_CLOEXEC } from "../native/open-flags.ts";
import { pointerToken } from "../spec/pointer.ts";
import type { NetDevice } from "../spec/types.ts";

interface NetDevices {
  /** Moves a device with its addresses to the network namespace of the descriptor, renames it and sets it up. */
  moveNetDevice(name: string, inside: string, netns: number): void;
}

const HINTS: Readonly<Record<string, string>> = {
  ENODEV: "the device must be in the runtime's network namespace",
  EEXIST: "a device of that name is in the container's network namespace already",
  EINVAL: "the kernel keeps some devices, such as loopback, in their namespace",
  EPERM: "it takes CAP_NET_ADMIN in both network namespaces",
};

/** Moves them into the network namespace of a process. */
export function moveNetDevices(devices: Readonly<Record<string, NetDevice>>, pid: number): void {
  const netns = files().open(`/proc/${pid}/ns/net`, O_RDONLY_CLOEXEC, 0);
  try {
    for (const [name, { name: inside }] of Object.entries(devices)) move(name, inside || name, netns);
  } finally {
    files().close(netns);
  }
}

function move(name: string, inside: string, netns: number): void {
  try {
    native<NetDevices>().moveNetDevice(name, inside, netns);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({
      action: error.syscall,
      path: name,
      pointer: `/linux/netDevices/${pointerToken(name)}`,
      errno: error.code,
      hint: HINTS[error.code],
    });
  }
}
