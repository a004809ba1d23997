/**
 * A module's own limit of memory, lowered to what its container has: memory.grow beyond it then answers -1, as
 * the specification wants it, where the kernel would kill the container.
 */
import { type Range, readUnsigned } from "./sections.ts";

const PAGE = 65_536;
const MAXIMUM = 1;
/** Plain limits: no shared memory, whose maximum is compared at the import, and none of 64 bits. */
const PLAIN = 1;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(rest >= 128 ? (rest % 128) + 128 : rest);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

/** The content of a memory section with one memory, whose maximum is then not above so many bytes. */
function limited(content: Uint8Array, most: number): number[] | undefined {
  const count = readUnsigned(content, 0);
  if (count === undefined || count.value !== 1) return undefined;
  const flags = content[count.end] ?? PLAIN + 1;
  const minimum = readUnsigned(content, count.end + 1);
  if (flags > PLAIN || minimum === undefined) return undefined;
  const maximum = (flags & MAXIMUM) === 0 ? undefined : readUnsigned(content, minimum.end)?.value;
  // What the module starts with it need not use.
  const pages = Math.max(minimum.value, Math.floor(most / PAGE));
  if (maximum !== undefined && maximum <= pages) return undefined;
  return [1, MAXIMUM, ...unsigned(minimum.value), ...unsigned(Math.min(pages, PAGE))];
}

/** `section`: where the bytes have the memory section, its head included. The same bytes where nothing changes. */
export function limitMemory(
  bytes: Uint8Array<ArrayBuffer>,
  section: Range,
  most: number,
): Uint8Array<ArrayBuffer> {
  const size = readUnsigned(bytes, section.from + 1);
  if (size === undefined) return bytes;
  const content = limited(bytes.subarray(size.end, section.to), most);
  if (content === undefined) return bytes;
  const head = [bytes[section.from] as number, ...unsigned(content.length)];
  const changed = new Uint8Array(bytes.length - (section.to - section.from) + head.length + content.length);
  changed.set(bytes.subarray(0, section.from));
  changed.set(head, section.from);
  changed.set(content, section.from + head.length);
  changed.set(bytes.subarray(section.to), section.from + head.length + content.length);
  return changed;
}
