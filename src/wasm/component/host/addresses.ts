/** Addresses of wasi:sockets and the bytes that system calls take. */
import { SocketFailure } from "./socket-errors.ts";

export interface Address {
  /** 4 or 16. */
  readonly bytes: Uint8Array;
  readonly port: number;
}

export type IpAddress =
  | { readonly tag: "ipv4"; readonly value: readonly number[] }
  | { readonly tag: "ipv6"; readonly value: readonly number[] };

interface SocketAddress {
  readonly tag: "ipv4" | "ipv6";
  readonly value: { readonly port: number; readonly address: readonly number[] };
}

export type Family = "ipv4" | "ipv6";

export function familyOf(bytes: Uint8Array): Family {
  return bytes.length === 4 ? "ipv4" : "ipv6";
}

function bytesOf(family: Family, numbers: readonly number[]): Uint8Array {
  if (family === "ipv4") return Uint8Array.from(numbers);
  return Uint8Array.from(numbers.flatMap((group) => [group >> 8, group & 0xff]));
}

function numbersOf(bytes: Uint8Array): number[] {
  if (bytes.length === 4) return [...bytes];
  return Array.from(
    { length: 8 },
    (_, group) => ((bytes[group * 2] as number) << 8) | (bytes[group * 2 + 1] as number),
  );
}

/** An address of the other family than the socket's is an argument that can't be. */
export function toAddress(given: unknown, family: Family): Address {
  const { tag, value } = given as SocketAddress;
  if (tag !== family) throw new SocketFailure("invalid-argument");
  return { bytes: bytesOf(tag, value.address), port: value.port };
}

export function fromAddress({ bytes, port }: Address): object {
  const family = familyOf(bytes);
  const address = numbersOf(bytes);
  return {
    tag: family,
    value: family === "ipv4" ? { port, address } : { port, address, "flow-info": 0, "scope-id": 0 },
  };
}

export function fromIp(bytes: Uint8Array): IpAddress {
  return { tag: familyOf(bytes), value: numbersOf(bytes) };
}

export const isUnspecified = ({ bytes }: Address) => bytes.every((byte) => byte === 0);
