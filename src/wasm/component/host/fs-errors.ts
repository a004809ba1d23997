/** The error codes of wasi:filesystem by Linux' errno. */

/** The numbers are those of the kernel's generic table (x86-64, arm64). */
const CODES: Readonly<Record<number, string>> = {
  1: "not-permitted",
  2: "no-entry",
  4: "interrupted",
  5: "io",
  6: "no-such-device",
  9: "bad-descriptor",
  11: "would-block",
  12: "insufficient-memory",
  13: "access",
  16: "busy",
  17: "exist",
  18: "cross-device",
  19: "no-device",
  20: "not-directory",
  21: "is-directory",
  22: "invalid",
  25: "no-tty",
  26: "text-file-busy",
  27: "file-too-large",
  28: "insufficient-space",
  29: "invalid-seek",
  30: "read-only",
  31: "too-many-links",
  32: "pipe",
  35: "deadlock",
  36: "name-too-long",
  37: "no-lock",
  38: "unsupported",
  39: "not-empty",
  40: "loop",
  75: "overflow",
  84: "illegal-byte-sequence",
  90: "message-size",
  95: "unsupported",
  114: "already",
  115: "in-progress",
  122: "quota",
  131: "not-recoverable",
};

export type FsResult = { readonly ok: unknown } | { readonly error: string };

/** The code for a positive errno; `io` where WASI has no word for it. */
export function fsCode(errno: number): string {
  return CODES[errno] ?? "io";
}

/** What a system call answered, as a result of the component's: an errno below zero, or what `value` makes of it. */
export function fsResult<T>(answer: T | number, value: (answer: T) => unknown = () => undefined): FsResult {
  return typeof answer === "number" && answer < 0 ? { error: fsCode(-answer) } : { ok: value(answer as T) };
}
