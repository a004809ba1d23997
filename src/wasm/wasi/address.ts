/** Addresses of WasmEdge's socket extension in the guest's memory. */
import { FAMILY } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import type { Host } from "./host.ts";

/** A guest's WasiAddress: where the bytes are, and how many. */
const BUFFER = 0;
const BUFFER_LENGTH = 4;
const ADDRESS_SIZE = 8;
/** The storage of the second version of the calls: a u16 family before the bytes. */
export const STORAGE_SIZE = 128;
const STORAGE_BYTES = 2;
const UNIX_PATH = 108;
const ADDRESS_BYTES = [0, 4, 16, UNIX_PATH] as const;

/** A buffer for an address in the guest, or the errno of why it is none. */
export interface AddressBuffer {
  readonly at: number;
  readonly length: number;
}

export function addressBuffer(host: Host, addressAt: number): AddressBuffer | number {
  const pointer = addressAt >>> 0;
  if (!host.inside(pointer, ADDRESS_SIZE)) return ERRNO.fault;
  const at = host.view.getUint32(pointer + BUFFER, true);
  const length = host.view.getUint32(pointer + BUFFER_LENGTH, true);
  return host.inside(at, length) ? { at, length } : ERRNO.fault;
}

/** Where a guest's address has its bytes; a port of -1 says that they are a path of AF_UNIX. */
export interface GivenAddress {
  readonly at: number;
  readonly length: number;
  readonly port: number;
}

/** `storage`: the calls of version 2 also take the 128 bytes that name their family. */
export function givenAddress(
  host: Host,
  addressAt: number,
  port: number,
  storage: boolean,
): GivenAddress | number {
  const buffer = addressBuffer(host, addressAt);
  if (typeof buffer === "number") return buffer;
  const plain = port & 0xffff;
  if (buffer.length === 4 || buffer.length === 16) return { ...buffer, port: plain };
  if (buffer.length !== STORAGE_SIZE || !storage) return ERRNO.inval;
  const family = host.view.getUint16(buffer.at, true);
  const length = ADDRESS_BYTES[family] ?? 0;
  if (length === 0) return ERRNO.inval;
  if (family === FAMILY.unix && !host.allowUnixSockets) return ERRNO.nosys;
  return { at: buffer.at + STORAGE_BYTES, length, port: family === FAMILY.unix ? -1 : plain };
}

/** Fills the 128 bytes of version 2. */
export function storeAddress(host: Host, at: number, family: number, bytes: Uint8Array): void {
  host.bytes.fill(0, at, at + STORAGE_SIZE);
  host.view.setUint16(at, family, true);
  host.bytes.set(bytes, at + STORAGE_BYTES);
}
