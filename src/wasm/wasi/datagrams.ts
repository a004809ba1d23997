/** sock_*_from, sock_*_to and sock_get*addr: the calls that name the other end, in both versions. */
import { addressBuffer, givenAddress, STORAGE_SIZE, storeAddress } from "./address.ts";
import { FAMILY } from "./constants.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import type { Group, Host } from "./host.ts";
import { RIGHT } from "./rights.ts";
import { RIFLAGS_ALL, socketOf } from "./sockets.ts";

/** What version 1 calls the types of addresses: IP versions, not families. */
const IP_VERSION = [0, 4, 6] as const;

export function datagramFunctions(host: Host): Group {
  const { native, scratch } = host;

  /** `portAt` undefined: version 1, which tells no port and takes a buffer of any size. */
  function receiveFrom(
    fd: number,
    iovsAt: number,
    count: number,
    addressAt: number,
    riflags: number,
    portAt: number | undefined,
    receivedAt: number,
    roflagsAt: number,
  ): number {
    host.sync();
    const entry = socketOf(host, fd, RIGHT.fdRead);
    if (typeof entry === "number") return entry;
    if ((riflags & ~RIFLAGS_ALL) !== 0) return ERRNO.inval;
    const buffer = addressBuffer(host, addressAt);
    if (typeof buffer === "number") return buffer;
    if (portAt !== undefined) {
      if (buffer.length !== 4 && buffer.length !== 16 && buffer.length !== STORAGE_SIZE) return ERRNO.inval;
      if (!host.inside(portAt >>> 0, 4)) return ERRNO.fault;
    }
    const result = native.recvFrom(entry.host, iovsAt, count, riflags, receivedAt, roflagsAt);
    if (result < 0) return errnoOf(result);
    const { address } = scratch;
    if (portAt !== undefined && buffer.length === STORAGE_SIZE) {
      storeAddress(host, buffer.at, scratch.family, address);
    } else if (address.length <= buffer.length) {
      host.bytes.set(address, buffer.at);
    }
    if (portAt !== undefined) host.view.setUint32(portAt >>> 0, scratch.port, true);
    return ERRNO.success;
  }

  function sendTo(
    fd: number,
    iovsAt: number,
    count: number,
    addressAt: number,
    port: number,
    siflags: number,
    sentAt: number,
    storage: boolean,
  ): number {
    host.sync();
    const entry = socketOf(host, fd, RIGHT.fdWrite);
    if (typeof entry === "number") return entry;
    if (siflags !== 0) return ERRNO.inval;
    const address = givenAddress(host, addressAt, port, storage);
    if (typeof address === "number") return address;
    return errnoOf(
      native.sendTo(entry.host, iovsAt, count, address.at, address.length, address.port, sentAt),
    );
  }

  function nameOf(fd: number, addressAt: number, peer: boolean, typeAt: number | undefined, portAt: number) {
    host.sync();
    const entry = socketOf(host, fd, 0);
    if (typeof entry === "number") return entry;
    const buffer = addressBuffer(host, addressAt);
    if (typeof buffer === "number") return buffer;
    const fits =
      typeAt === undefined ? buffer.length === STORAGE_SIZE : buffer.length === 4 || buffer.length === 16;
    if (!fits) return ERRNO.inval;
    if (!host.inside(portAt >>> 0, 4) || !host.inside((typeAt ?? 0) >>> 0, 4)) return ERRNO.fault;
    const result = native.name(entry.host, peer);
    if (result < 0) return errnoOf(result);
    const { address, family } = scratch;
    if (typeAt === undefined) {
      storeAddress(host, buffer.at, family, address);
    } else {
      if (family === FAMILY.unix || address.length > buffer.length) return ERRNO.nomem;
      host.bytes.set(address, buffer.at);
      host.view.setUint32(typeAt >>> 0, IP_VERSION[family] ?? 0, true);
    }
    host.view.setUint32(portAt >>> 0, scratch.port, true);
    return ERRNO.success;
  }

  /** Version 1 has four parameters, version 2 three: the guest's signature tells. */
  function name(peer: boolean) {
    return (fd: number, addressAt: number, third: number, fourth?: number): number =>
      fourth === undefined
        ? nameOf(fd, addressAt, peer, undefined, third)
        : nameOf(fd, addressAt, peer, third, fourth);
  }

  function receiveFrom2(
    fd: number,
    iovsAt: number,
    count: number,
    addressAt: number,
    riflags: number,
    portAt: number,
    receivedAt: number,
    roflagsAt: number,
  ): number {
    return receiveFrom(fd, iovsAt, count, addressAt, riflags, portAt, receivedAt, roflagsAt);
  }

  return {
    sock_recv_from: (
      fd: number,
      iovsAt: number,
      count: number,
      addressAt: number,
      riflags: number,
      sixth: number,
      seventh: number,
      eighth?: number,
    ) =>
      eighth === undefined
        ? receiveFrom(fd, iovsAt, count, addressAt, riflags, undefined, sixth, seventh)
        : receiveFrom(fd, iovsAt, count, addressAt, riflags, sixth, seventh, eighth),
    sock_recv_from_v2: receiveFrom2,

    sock_send_to: (
      fd: number,
      iovsAt: number,
      count: number,
      addressAt: number,
      port: number,
      siflags: number,
      sentAt: number,
    ) => sendTo(fd, iovsAt, count, addressAt, port, siflags, sentAt, false),
    sock_send_to_v2: (
      fd: number,
      iovsAt: number,
      count: number,
      addressAt: number,
      port: number,
      siflags: number,
      sentAt: number,
    ) => sendTo(fd, iovsAt, count, addressAt, port, siflags, sentAt, true),

    sock_getlocaladdr: name(false),
    sock_getlocaladdr_v2: name(false),
    sock_getpeeraddr: name(true),
    sock_getpeeraddr_v2: name(true),
  };
}
