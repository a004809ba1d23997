/** The error codes of wasi:sockets by Linux' errno, and results made of them. */

/** The numbers are those of the kernel's generic table (x86-64, arm64). */
const CODES: Readonly<Record<number, string>> = {
  1: "access-denied",
  11: "would-block",
  12: "out-of-memory",
  13: "access-denied",
  22: "invalid-argument",
  23: "new-socket-limit",
  24: "new-socket-limit",
  32: "connection-reset",
  90: "datagram-too-large",
  92: "not-supported",
  93: "not-supported",
  95: "not-supported",
  97: "not-supported",
  98: "address-in-use",
  99: "address-not-bindable",
  100: "remote-unreachable",
  101: "remote-unreachable",
  103: "connection-aborted",
  104: "connection-reset",
  105: "out-of-memory",
  107: "invalid-state",
  110: "timeout",
  111: "connection-refused",
  112: "remote-unreachable",
  113: "remote-unreachable",
  114: "concurrency-conflict",
  115: "would-block",
};

export type SocketResult = { readonly ok: unknown } | { readonly error: string };

/** A code that ends what is being done. */
export class SocketFailure extends Error {}

/** For a negative errno. */
export function socketCode(result: number): string {
  return CODES[-result] ?? "unknown";
}

/** The system call's result, unless it is an errno. */
export function checked(result: number): number {
  if (result < 0) throw new SocketFailure(socketCode(result));
  return result;
}

/** A result of the component's. */
export function socketResult(work: () => unknown): SocketResult {
  try {
    return { ok: work() };
  } catch (error) {
    if (error instanceof SocketFailure) return { error: error.message };
    throw error;
  }
}
