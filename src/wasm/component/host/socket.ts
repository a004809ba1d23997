/** What sockets of both kinds share: being opened, named and tuned, and being kept open by their streams. */
import { FAMILY } from "../../wasi/constants.ts";
import type { Scratch } from "../../wasi/scratch.ts";
import type { Call } from "../functions.ts";
import type { ResourceType } from "../resources.ts";
import { type Address, type Family, fromAddress } from "./addresses.ts";
import { checked, SocketFailure, socketResult } from "./socket-errors.ts";
import type { System } from "./system.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const O_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const IPPROTO_IP = 0;
const IP_TTL = 2;
const IPPROTO_IPV6 = 41;
const IPV6_UNICAST_HOPS = 16;
const IPV6_V6ONLY = 26;
const MOST_HOPS = 255n;
const MOST_BUFFER = 2n ** 30n;

/** The network that there is: the container's. */
export const NETWORK: ResourceType = { kind: "resource", name: "network", owner: undefined };

export class Socket {
  readonly fd: number;
  readonly family: Family;
  readonly system: System;
  readonly #scratch: Scratch;
  #holders = 1;

  constructor(system: System, scratch: Scratch, fd: number, family: Family) {
    this.system = system;
    this.#scratch = scratch;
    this.fd = fd;
    this.family = family;
    const flags = system.native.flags(fd);
    system.native.setFlags(fd, flags | O_NONBLOCK);
  }

  /** `type`: of Linux. */
  static open(system: System, family: Family, type: number): number {
    const fd = checked(system.native.socket(family === "ipv4" ? AF_INET : AF_INET6, type));
    if (family === "ipv6") system.native.setNumberAt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    return fd;
  }

  /** Keeps it open; what is returned lets it go. */
  hold(): () => void {
    this.#holders++;
    return () => this.release();
  }

  release(): void {
    if (--this.#holders === 0) this.system.native.close(this.fd);
  }

  bind({ bytes, port }: Address): void {
    const { native } = this.system;
    checked(this.system.withAddress(bytes, (at, length) => native.bind(this.fd, at, length, port)));
  }

  /** The result of connect(2). */
  connect({ bytes, port }: Address): number {
    const { native } = this.system;
    return this.system.withAddress(bytes, (at, length) => native.connect(this.fd, at, length, port));
  }

  /** The address that the last call has left in the scratch buffer. */
  named(): Address {
    const { family, address, port } = this.#scratch;
    if (family !== FAMILY.inet4 && family !== FAMILY.inet6) throw new SocketFailure("invalid-state");
    return { bytes: address.slice(), port };
  }

  name(peer: boolean): Address {
    checked(this.system.native.name(this.fd, peer));
    return this.named();
  }

  number(level: number, option: number): number {
    return checked(this.system.native.numberAt(this.fd, level, option));
  }

  setNumber(level: number, option: number, value: bigint, most: bigint): void {
    if (value === 0n) throw new SocketFailure("invalid-argument");
    checked(this.system.native.setNumberAt(this.fd, level, option, Number(value > most ? most : value)));
  }

  get hops(): readonly [level: number, option: number] {
    return this.family === "ipv4" ? [IPPROTO_IP, IP_TTL] : [IPPROTO_IPV6, IPV6_UNICAST_HOPS];
  }
}

/** The functions that both kinds of sockets have. `hops`: what theirs is called. */
export function socketFunctions(kind: "tcp-socket" | "udp-socket", hops: string): Record<string, Call> {
  const method = (name: string) => `[method]${kind}.${name}`;
  /** The kernel tells twice what it was told (socket(7)). */
  const buffer = (name: string, option: number): Record<string, Call> => ({
    [method(name)]: (self: Socket) => socketResult(() => BigInt(self.number(SOL_SOCKET, option)) / 2n),
    [method(`set-${name}`)]: (self: Socket, size: bigint) =>
      socketResult(() => self.setNumber(SOL_SOCKET, option, size, MOST_BUFFER)),
  });
  return {
    [method("local-address")]: (self: Socket) =>
      socketResult(() => {
        const address = self.name(false);
        if (address.port === 0) throw new SocketFailure("invalid-state");
        return fromAddress(address);
      }),
    [method("remote-address")]: (self: Socket) => socketResult(() => fromAddress(self.name(true))),
    [method("address-family")]: (self: Socket) => self.family,
    [method(hops)]: (self: Socket) => socketResult(() => self.number(...self.hops)),
    [method(`set-${hops}`)]: (self: Socket, value: number) =>
      socketResult(() => self.setNumber(...self.hops, BigInt(value), MOST_HOPS)),
    ...buffer("receive-buffer-size", SO_RCVBUF),
    ...buffer("send-buffer-size", SO_SNDBUF),
  };
}
