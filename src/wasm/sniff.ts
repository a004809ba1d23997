/** What a file is, by its first bytes. */

export type FileKind = "module" | "component" | "text" | "elf" | "script" | "unknown";

/** So many bytes decide. */
export const SNIFF_LENGTH = 256;

const MAGIC = [0x00, 0x61, 0x73, 0x6d];
const ELF = [0x7f, 0x45, 0x4c, 0x46];
const SCRIPT = [0x23, 0x21];
/** Bytes 6 and 7 of the header are the layer: 0 a core module, 1 a component (component-model, Binary.md). */
const LAYER = 6;
const HEADER = 8;

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/** Blank space and comments of the text format: `;;` to the end of the line, `(;` to `;)`. */
const TEXT = /^(?:\s|;;[^\n]*\n|\(;(?:[^;]|;(?!\)))*;\))*\(\s*(module|component)\b/;

export function sniff(bytes: Uint8Array): FileKind {
  if (startsWith(bytes, MAGIC)) {
    if (bytes.length < HEADER) return "unknown";
    return bytes[LAYER] === 0 && bytes[LAYER + 1] === 0 ? "module" : "component";
  }
  if (startsWith(bytes, ELF)) return "elf";
  if (startsWith(bytes, SCRIPT)) return "script";
  return TEXT.test(new TextDecoder().decode(bytes.subarray(0, SNIFF_LENGTH))) ? "text" : "unknown";
}
