/** sock_getsockopt and sock_setsockopt: options of level SOL_SOCKET. */
import { LINUX_SOCKET_TYPE, SOCKET_OPTION_ERROR, SOCKET_OPTION_TYPE, SOCKET_OPTIONS } from "./constants.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import type { Group, Host } from "./host.ts";
import { socketOf } from "./sockets.ts";

/** The one level that WasmEdge has. */
const LEVEL_SOCKET = 0;

export function optionFunctions(host: Host): Group {
  const { native } = host;

  /** SO_TYPE and SO_ERROR have numbers of their own in WASI. */
  function translated(socket: number, name: number, valueAt: number, sizeAt: number, room: number): number {
    if (room < 4) return ERRNO.inval;
    if (!host.inside(valueAt, 4)) return ERRNO.fault;
    const value = native.getNumber(socket, SOCKET_OPTIONS[name] as number);
    if (value < 0) return errnoOf(value);
    const meaning =
      name === SOCKET_OPTION_TYPE ? LINUX_SOCKET_TYPE.indexOf(value as 0 | 1 | 2) : errnoOf(-value);
    host.view.setUint32(valueAt, Math.max(0, meaning), true);
    host.view.setUint32(sizeAt, 4, true);
    return ERRNO.success;
  }

  return {
    sock_getsockopt(fd: number, level: number, name: number, valueAt: number, sizeAt: number): number {
      host.sync();
      const entry = socketOf(host, fd, 0);
      if (typeof entry === "number") return entry;
      const option = SOCKET_OPTIONS[name];
      if (level !== LEVEL_SOCKET || option === undefined) return ERRNO.inval;
      const at = sizeAt >>> 0;
      if (!host.inside(at, 4)) return ERRNO.fault;
      const room = host.view.getUint32(at, true);
      if (name === SOCKET_OPTION_TYPE || name === SOCKET_OPTION_ERROR) {
        return translated(entry.host, name, valueAt >>> 0, at, room);
      }
      const size = native.getOption(entry.host, option, valueAt, room);
      if (size < 0) return errnoOf(size);
      host.view.setUint32(at, size, true);
      return ERRNO.success;
    },

    sock_setsockopt(fd: number, level: number, name: number, valueAt: number, size: number): number {
      host.sync();
      const entry = socketOf(host, fd, 0);
      if (typeof entry === "number") return entry;
      const option = SOCKET_OPTIONS[name];
      if (level !== LEVEL_SOCKET || option === undefined) return ERRNO.inval;
      return errnoOf(native.setOption(entry.host, option, valueAt, size));
    },
  };
}
