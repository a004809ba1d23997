/** Strings between JavaScript and a guest's memory, in the three encodings of the canonical ABI. */
import type { Abi } from "./abi.ts";
import { trap } from "./resources.ts";

/** As the specification has it, in bytes. */
const LONGEST = 2 ** 31 - 1;
/** In `latin1+utf16` this bit of the length says UTF-16. */
const UTF16_TAG = 2 ** 31;
const PIECE = 8192;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export function loadString(abi: Abi, pointer: number, length: number): string {
  switch (abi.encoding) {
    case "utf8":
      return decodeUtf8(part(abi, pointer, length, 1));
    case "utf16":
      return decodeUtf16(part(abi, pointer, length * 2, 2));
    case "latin1+utf16":
      return length >= UTF16_TAG
        ? decodeUtf16(part(abi, pointer, (length - UTF16_TAG) * 2, 2))
        : decodeCodes(part(abi, pointer, length, 2));
  }
}

function part(abi: Abi, pointer: number, length: number, align: number): Uint8Array {
  if (length > LONGEST) trap("a string is too long");
  const at = abi.inside(pointer, length, align);
  return abi.bytes.subarray(at, at + length);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return trap("a string is not UTF-8");
  }
}

function decodeUtf16(bytes: Uint8Array): string {
  try {
    return utf16.decode(bytes);
  } catch {
    return trap("a string is not UTF-16");
  }
}

function decodeCodes(codes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < codes.length; at += PIECE)
    text += String.fromCharCode(...codes.subarray(at, at + PIECE));
  return text;
}

/** The pointer and the length of the string in the guest's memory. */
export function storeString(abi: Abi, text: string): [pointer: number, length: number] {
  if (abi.encoding === "utf8") {
    const bytes = encoder.encode(text);
    return [storeBytes(abi, bytes, 1), bytes.length];
  }
  const well = text.replace(/\p{Surrogate}/gu, "\ufffd");
  const codes = new Uint16Array(well.length);
  for (let i = 0; i < well.length; i++) codes[i] = well.charCodeAt(i);
  if (abi.encoding === "latin1+utf16" && codes.every((code) => code < 0x100)) {
    return [storeBytes(abi, Uint8Array.from(codes), 2), codes.length];
  }
  const pointer = storeBytes(abi, new Uint8Array(codes.buffer), 2);
  return [pointer, abi.encoding === "utf16" ? codes.length : codes.length + UTF16_TAG];
}

function storeBytes(abi: Abi, bytes: Uint8Array, align: number): number {
  if (bytes.length > LONGEST) trap("a string is too long");
  const pointer = abi.allocate(bytes.length, align);
  abi.bytes.set(bytes, pointer);
  return pointer;
}
