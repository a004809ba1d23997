/** WasmEdge's addrinfo in the guest's memory: a list that the guest linked, and that the host fills. */
import { FAMILY } from "./constants.ts";
import type { Host } from "./host.ts";

export const AIFLAG = {
  passive: 1,
  canonname: 2,
  numerichost: 4,
  numericserv: 8,
  v4mapped: 16,
  all: 32,
  addrconfig: 64,
} as const;
export const AIFLAGS_ALL = 127;

const ADDRINFO = {
  size: 28,
  family: 2,
  socktype: 3,
  protocol: 4,
  addrlen: 8,
  addr: 12,
  canonname: 16,
  canonnameLength: 20,
  next: 24,
} as const;
const SOCKADDR = { size: 12, length: 4, data: 8 } as const;

/** By family: the bytes of sa_data, where in them the address is, and the length that Linux' sockaddr has. */
const LAYOUT: Readonly<Record<number, { size: number; address: number; native: number }>> = {
  [FAMILY.inet4]: { size: 14, address: 2, native: 16 },
  [FAMILY.inet6]: { size: 26, address: 6, native: 28 },
};

/** The guest's buffer for a name where its node doesn't say: that of the crate wasmedge_wasi_socket. */
const CANONNAME_ROOM = 30;

export interface Hints {
  readonly flags: number;
  readonly family: number;
  readonly socktype: number;
  readonly protocol: number;
}

export function readHints(host: Host, at: number): Hints | undefined {
  if (at === 0) return { flags: 0, family: 0, socktype: 0, protocol: 0 };
  if (!host.inside(at, ADDRINFO.size)) return undefined;
  const { view } = host;
  return {
    flags: view.getUint16(at, true),
    family: view.getUint8(at + ADDRINFO.family),
    socktype: view.getUint8(at + ADDRINFO.socktype),
    protocol: view.getUint8(at + ADDRINFO.protocol),
  };
}

export interface AddressInfo {
  readonly address: Uint8Array;
  /** Host order. */
  readonly port: number;
  readonly flags: number;
  readonly socktype: number;
  readonly protocol: number;
  /** Empty for none. */
  readonly canonname: string;
}

/** Fills one node; the next node's offset, or undefined where the node is not all inside the memory. */
export function fillNode(host: Host, at: number, info: AddressInfo): number | undefined {
  const { view, bytes } = host;
  if (!host.inside(at, ADDRINFO.size)) return undefined;
  const family = info.address.length === 4 ? FAMILY.inet4 : FAMILY.inet6;
  const layout = LAYOUT[family] as { size: number; address: number; native: number };
  const sockaddr = view.getUint32(at + ADDRINFO.addr, true);
  if (!host.inside(sockaddr, SOCKADDR.size)) return undefined;
  const data = view.getUint32(sockaddr + SOCKADDR.data, true);
  if (!host.inside(data, layout.size)) return undefined;

  view.setUint16(at, info.flags, true);
  view.setUint8(at + ADDRINFO.family, family);
  view.setUint8(at + ADDRINFO.socktype, info.socktype);
  view.setUint8(at + ADDRINFO.protocol, info.protocol);
  view.setUint32(at + ADDRINFO.addrlen, layout.native, true);
  view.setUint8(sockaddr, family);
  view.setUint32(sockaddr + SOCKADDR.length, layout.size, true);
  bytes.fill(0, data, data + layout.size);
  view.setUint16(data, info.port);
  bytes.set(info.address, data + layout.address);
  fillName(host, at, info.canonname);
  return view.getUint32(at + ADDRINFO.next, true);
}

function fillName(host: Host, node: number, name: string): void {
  const { view, bytes } = host;
  const at = view.getUint32(node + ADDRINFO.canonname, true);
  const room = view.getUint32(node + ADDRINFO.canonnameLength, true) || CANONNAME_ROOM;
  const text = new TextEncoder().encode(name).subarray(0, room - 1);
  const fits = name !== "" && at !== 0 && host.inside(at, text.length + 1);
  view.setUint32(node + ADDRINFO.canonnameLength, fits ? text.length : 0, true);
  if (!fits) return;
  bytes.set(text, at);
  bytes[at + text.length] = 0;
}
