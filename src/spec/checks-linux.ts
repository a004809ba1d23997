/** Checks of the devices and of the cgroup's limits (config-linux.md). */
import { pointerToken } from "./pointer.ts";
import type { Check } from "./semantics.ts";

const BLOCK_IO = "/linux/resources/blockIO/weightDevice";
const RDMA = "/linux/resources/rdma";
const MEMORY = "/linux/resources/memory";

export const LINUX_CHECKS: readonly Check[] = [
  {
    reads: ["/linux/devices"],
    run: ({ linux }, report) => {
      linux?.devices?.forEach((device, index) => {
        if (device.type === "p") return;
        for (const name of ["major", "minor"] as const) {
          if (device[name] !== undefined) continue;
          report(`/linux/devices/${index}/${name}`, `required for the type \`${device.type}\`, but missing`);
        }
      });
    },
  },
  {
    reads: [BLOCK_IO],
    run: ({ linux }, report) => {
      linux?.resources?.blockIO?.weightDevice?.forEach(({ weight, leafWeight }, index) => {
        if (weight !== undefined || leafWeight !== undefined) return;
        report(`${BLOCK_IO}/${index}`, "expected weight, leafWeight or both, found neither");
      });
    },
  },
  {
    reads: [RDMA],
    run: ({ linux }, report) => {
      for (const [device, { hcaHandles, hcaObjects }] of Object.entries(linux?.resources?.rdma ?? {})) {
        if (hcaHandles !== undefined || hcaObjects !== undefined) continue;
        report(`${RDMA}/${pointerToken(device)}`, "expected hcaHandles, hcaObjects or both, found neither");
      }
    },
  },
  {
    reads: [MEMORY],
    run: ({ linux }, report) => {
      for (const name of ["limit", "reservation", "swap", "kernel", "kernelTCP"] as const) {
        const bytes = linux?.resources?.memory?.[name];
        if (bytes === undefined || bytes >= -1) continue;
        report(`${MEMORY}/${name}`, `expected bytes, or -1 for no limit, found ${bytes}`);
      }
    },
  },
];
