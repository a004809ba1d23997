/** sock_*: opening, connecting and moving bytes; preview1's four and WasmEdge's in both versions. */
import { givenAddress } from "./address.ts";
import {
  FAMILY,
  FDFLAG,
  FDFLAGS_ALL,
  LINUX_FAMILY,
  LINUX_SOCKET_TYPE,
  SHUTDOWN,
  SOCKET_OPTIONS,
  SOCKET_TYPE,
} from "./constants.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { type Descriptor, isSocket, socketDescriptor } from "./fdtable.ts";
import type { Group, Host } from "./host.ts";
import { RIGHT } from "./rights.ts";

/** riflags: peek, waitall. */
export const RIFLAGS_ALL = 3;
/** SO_TYPE of Linux: SOCK_STREAM. */
const SOCK_STREAM = 1;
const SO_TYPE = SOCKET_OPTIONS[1];

/** A socket that has the right, or the errno that says why not. */
export function socketOf(host: Host, fd: number, right: number): Descriptor | number {
  const entry = host.table.get(fd);
  if (entry === undefined) return ERRNO.badf;
  if (!isSocket(entry)) return ERRNO.notsock;
  return (entry.rightsBase & right) === right ? entry : ERRNO.notcapable;
}

export function socketFunctions(host: Host): Group {
  const { native, table } = host;

  function open(family: number, type: number, openedAt: number): number {
    host.sync();
    const out = openedAt >>> 0;
    const domain = LINUX_FAMILY[family];
    if (domain === undefined || family === FAMILY.unspec) return ERRNO.inval;
    if (type !== SOCKET_TYPE.datagram && type !== SOCKET_TYPE.stream) return ERRNO.inval;
    if (family === FAMILY.unix && !host.allowUnixSockets) return ERRNO.nosys;
    if (!host.inside(out, 4)) return ERRNO.fault;
    const fd = native.socket(domain, LINUX_SOCKET_TYPE[type]);
    if (fd < 0) return errnoOf(fd);
    host.view.setUint32(out, table.add(socketDescriptor(fd, type === SOCKET_TYPE.stream, true)), true);
    return ERRNO.success;
  }

  function bind(fd: number, addressAt: number, port: number, storage: boolean): number {
    host.sync();
    const entry = socketOf(host, fd, 0);
    if (typeof entry === "number") return entry;
    const address = givenAddress(host, addressAt, port, storage);
    if (typeof address === "number") return address;
    return errnoOf(native.bind(entry.host, address.at, address.length, address.port));
  }

  function connect(fd: number, addressAt: number, port: number, storage: boolean): number {
    host.sync();
    const entry = socketOf(host, fd, 0);
    if (typeof entry === "number") return entry;
    const address = givenAddress(host, addressAt, port, storage);
    if (typeof address === "number") return address;
    return errnoOf(native.connect(entry.host, address.at, address.length, address.port));
  }

  function listen(fd: number, backlog: number): number {
    const entry = socketOf(host, fd, 0);
    if (typeof entry === "number") return entry;
    return errnoOf(native.listen(entry.host, backlog));
  }

  function accept(fd: number, fdflags: number, acceptedAt: number): number {
    host.sync();
    const out = acceptedAt >>> 0;
    const entry = socketOf(host, fd, RIGHT.sockAccept);
    if (typeof entry === "number") return entry;
    if ((fdflags & ~FDFLAGS_ALL) !== 0) return ERRNO.inval;
    if (!host.inside(out, 4)) return ERRNO.fault;
    const accepted = native.accept(entry.host, (fdflags & FDFLAG.nonblock) !== 0, !entry.noDelay);
    if (accepted < 0) return errnoOf(accepted);
    host.view.setUint32(out, table.add(socketDescriptor(accepted, true, false)), true);
    return ERRNO.success;
  }

  function recv(
    fd: number,
    iovsAt: number,
    count: number,
    riflags: number,
    receivedAt: number,
    roflagsAt: number,
  ): number {
    host.sync();
    const entry = socketOf(host, fd, RIGHT.fdRead);
    if (typeof entry === "number") return entry;
    if ((riflags & ~RIFLAGS_ALL) !== 0) return ERRNO.inval;
    return errnoOf(native.recv(entry.host, iovsAt, count, riflags, receivedAt, roflagsAt));
  }

  function send(fd: number, iovsAt: number, count: number, siflags: number, sentAt: number): number {
    host.sync();
    const entry = socketOf(host, fd, RIGHT.fdWrite);
    if (typeof entry === "number") return entry;
    if (siflags !== 0) return ERRNO.inval;
    return errnoOf(native.send(entry.host, iovsAt, count, sentAt));
  }

  return {
    sock_open: open,
    sock_open_v2: open,
    sock_bind: (fd: number, addressAt: number, port: number) => bind(fd, addressAt, port, false),
    sock_bind_v2: (fd: number, addressAt: number, port: number) => bind(fd, addressAt, port, true),
    sock_connect: (fd: number, addressAt: number, port: number) => connect(fd, addressAt, port, false),
    sock_connect_v2: (fd: number, addressAt: number, port: number) => connect(fd, addressAt, port, true),
    sock_listen: listen,
    sock_listen_v2: listen,
    /** WasmEdge's first version has no flags: the guest's signature tells, by the count of arguments. */
    sock_accept: (fd: number, second: number, third?: number) =>
      third === undefined ? accept(fd, 0, second) : accept(fd, second, third),
    sock_accept_v2: accept,
    sock_recv: recv,
    sock_recv_v2: recv,
    sock_send: send,
    sock_send_v2: send,

    sock_shutdown(fd: number, sdflags: number): number {
      const entry = socketOf(host, fd, RIGHT.sockShutdown);
      if (typeof entry === "number") return entry;
      const how = SHUTDOWN[sdflags];
      return how === undefined ? ERRNO.inval : errnoOf(native.shutdown(entry.host, how));
    },
  };
}

/** Whether a socket that the host was started with is a stream. */
export function isStream(host: Host, fd: number): boolean {
  return host.native.getNumber(fd, SO_TYPE) === SOCK_STREAM;
}
