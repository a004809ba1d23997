/** A filter that an annotation brings ready-made. Pure; loaded where there is one. */
import { OcirtError } from "../errors.ts";
import { SECCOMP_FILTER } from "../spec/annotations.ts";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** sizeof(struct sock_filter), and the kernel's BPF_MAXINSNS. */
const INSTRUCTION = 8;
const LONGEST = 4096 * INSTRUCTION;

function invalid(reason: string): OcirtError {
  return new OcirtError({
    action: "read the seccomp filter",
    pointer: `/annotations/${SECCOMP_FILTER}`,
    reason,
    hint: "it must be an array of struct sock_filter in base64",
  });
}

/** The bytes of a filter in base64 (RFC 4648, section 4). */
export function decodeFilter(text: string): Uint8Array {
  const digits = text.replace(/=*\s*$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) throw invalid(`\`${digit}\` is no digit of base64`);
    bits = ((bits << 6) | value) & 0xfff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = bits >> held;
  }
  if (bytes.length === 0 || bytes.length % INSTRUCTION !== 0) {
    throw invalid(`${bytes.length} bytes are no whole number of instructions`);
  }
  if (bytes.length > LONGEST) throw invalid(`the kernel takes ${LONGEST} bytes, not ${bytes.length}`);
  return bytes;
}
