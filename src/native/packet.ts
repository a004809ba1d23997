/** Numbers and texts in the bytes of a packet; little-endian, as init writes them. */
import type { Packet } from "./process.ts";

const view = ({ data }: Packet) => new DataView(data.buffer, data.byteOffset, data.byteLength);

export const uint32At = (packet: Packet, offset: number): number => view(packet).getUint32(offset, true);
export const int32At = (packet: Packet, offset: number): number => view(packet).getInt32(offset, true);
export const uint64At = (packet: Packet, offset: number): bigint => view(packet).getBigUint64(offset, true);

/** The UTF-8 text from `offset` to the end. */
export function textAt(packet: Packet, offset: number): string {
  return new TextDecoder().decode(packet.data.subarray(offset));
}
