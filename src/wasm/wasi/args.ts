/** args_*, environ_*, and the process's end. */
import { SIGNAL_NUMBERS, SIGNALS_IGNORED, SIGNALS_STOPPING } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import type { Group, Host } from "./host.ts";

export function processFunctions(host: Host): Group {
  /** The strings one after the other, and an array of pointers to them. */
  function list(strings: readonly Uint8Array[], pointersAt: number, stringsAt: number): number {
    host.sync();
    let pointer = pointersAt >>> 0;
    let at = stringsAt >>> 0;
    const length = strings.reduce((sum, text) => sum + text.length, 0);
    if (!host.inside(pointer, strings.length * 4) || !host.inside(at, length)) return ERRNO.fault;
    for (const text of strings) {
      host.view.setUint32(pointer, at, true);
      host.bytes.set(text, at);
      pointer += 4;
      at += text.length;
    }
    return ERRNO.success;
  }

  function sizes(strings: readonly Uint8Array[], countAt: number, lengthAt: number): number {
    host.sync();
    const count = countAt >>> 0;
    const length = lengthAt >>> 0;
    if (!host.inside(count, 4) || !host.inside(length, 4)) return ERRNO.fault;
    host.view.setUint32(count, strings.length, true);
    host.view.setUint32(
      length,
      strings.reduce((sum, text) => sum + text.length, 0),
      true,
    );
    return ERRNO.success;
  }

  return {
    args_get: (pointersAt: number, stringsAt: number) => list(host.args, pointersAt, stringsAt),
    args_sizes_get: (countAt: number, lengthAt: number) => sizes(host.args, countAt, lengthAt),
    environ_get: (pointersAt: number, stringsAt: number) => list(host.env, pointersAt, stringsAt),
    environ_sizes_get: (countAt: number, lengthAt: number) => sizes(host.env, countAt, lengthAt),

    proc_exit: (status: number) => host.exit(status & 255),

    /** As if the signal came with its default action. A container's first process can't stop itself. */
    proc_raise(signal: number): number {
      const number = SIGNAL_NUMBERS[signal];
      if (number === undefined) return ERRNO.inval;
      if (number === 0 || SIGNALS_IGNORED.has(number)) return ERRNO.success;
      if (SIGNALS_STOPPING.has(number)) return ERRNO.notsup;
      return host.exit(128 + number);
    },
  };
}
