/** clock_*, random_get, sched_yield. */
import { CLOCKS } from "./constants.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import type { Group, Host } from "./host.ts";

export function clockFunctions(host: Host): Group {
  const { native } = host;
  return {
    clock_res_get(id: number, resolutionAt: number): number {
      host.sync();
      const clock = CLOCKS[id];
      return clock === undefined ? ERRNO.inval : errnoOf(native.clockResolution(clock, resolutionAt));
    },

    /** The precision is a wish that the kernel's clocks always meet. */
    clock_time_get(id: number, _precision: bigint, timeAt: number): number {
      host.sync();
      const clock = CLOCKS[id];
      return clock === undefined ? ERRNO.inval : errnoOf(native.clockTime(clock, timeAt));
    },

    random_get(bufferAt: number, length: number): number {
      host.sync();
      return errnoOf(native.random(bufferAt, length));
    },

    sched_yield: () => errnoOf(native.yield()),
  };
}
