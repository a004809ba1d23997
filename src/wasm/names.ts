/** The function names of a module's "name" section (core specification, appendix, Custom Sections). */
import { readUnsigned } from "./sections.ts";

const FUNCTION_NAMES = 1;

/** The names of the functions asked for. What is malformed ends the search: names are only for messages. */
export function functionNames(section: Uint8Array, wanted: ReadonlySet<number>): Map<number, string> {
  const names = new Map<number, string>();
  for (let at = 0; at < section.length; ) {
    const size = readUnsigned(section, at + 1);
    if (size === undefined) break;
    const end = size.end + size.value;
    if (section[at] === FUNCTION_NAMES) collect(section.subarray(size.end, end), wanted, names);
    at = end;
  }
  return names;
}

function collect(bytes: Uint8Array, wanted: ReadonlySet<number>, names: Map<number, string>): void {
  const count = readUnsigned(bytes, 0);
  let at = count?.end ?? bytes.length;
  for (let i = 0; i < (count?.value ?? 0); i++) {
    const index = readUnsigned(bytes, at);
    const length = index && readUnsigned(bytes, index.end);
    if (index === undefined || length === undefined) return;
    at = length.end + length.value;
    if (wanted.has(index.value))
      names.set(index.value, new TextDecoder().decode(bytes.subarray(length.end, at)));
  }
}
