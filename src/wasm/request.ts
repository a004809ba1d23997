/** The engine's request: what init sends before it becomes the engine. */
import type { WasiNative } from "../native/wasi.ts";
import type { ExecutorName } from "./executor-names.ts";
import { EngineError } from "./failure.ts";

export interface Preopen {
  /** The name that the guest finds. */
  readonly guest: string;
  /** The directory in the container. */
  readonly host: string;
}

/** What a container says of all its modules. */
export interface WasmSettings {
  readonly preopens: readonly Preopen[];
  readonly executor?: ExecutorName;
  /** Sockets of AF_UNIX. */
  readonly unixSockets?: boolean;
  /** Where a component's HTTP handler is served. */
  readonly httpPort?: number;
  /** Bytes to which a module's memory may grow: the container's limit without what the engine needs. */
  readonly memory?: number;
}

export interface Request extends WasmSettings {
  readonly args: readonly string[];
  /** "KEY=value". */
  readonly env: readonly string[];
  readonly cwd: string;
  /** The module's path, for messages. */
  readonly module: string;
  /** The soft RLIMIT_NOFILE of the container, which Bun raises to the hard one when it starts. */
  readonly openFiles?: number;
  /** It is not the container's first process, which says how to run ordinary programs. */
  readonly exec?: boolean;
}

export interface Received {
  readonly request: Request;
  /** The module's file, opened with the container user's permissions. */
  readonly module: number;
  /** The listening socket of `start`. */
  readonly start: number;
}

/** Packets on the control socket and on the start socket; the first byte is the kind. */
export const PACKET = {
  request: "Q",
  ready: "R",
  pivoted: "P",
  done: "D",
  failure: "E",
} as const;

const DESCRIPTORS = 3;

/** One packet's kind and the rest of it. Throws an EngineError at the socket's end. */
export function receivePacket(
  native: WasiNative,
  fd: number,
  descriptors: Int32Array,
): { kind: string; data: Uint8Array } {
  // Not the largest packet's: memory that is touched for nothing is both time and the container's.
  const buffer = new Uint8Array(Math.max(0, native.nextLength(fd)));
  const length = native.receive(fd, buffer, descriptors);
  if (length <= 0) throw new EngineError("the container's set-up ended before the engine's");
  return { kind: String.fromCharCode(buffer[0] as number), data: buffer.subarray(1, length) };
}

/** A packet of that kind; that nobody hears it any more is no failure of the module. */
export function sendPacket(native: WasiNative, fd: number, kind: string, text = ""): void {
  native.transmit(fd, new TextEncoder().encode(kind + text));
}

/** Waits for a packet of that kind and nothing else. */
export function expectPacket(native: WasiNative, fd: number, kind: string): void {
  const packet = receivePacket(native, fd, new Int32Array(0));
  if (packet.kind !== kind)
    throw new EngineError(`the container's set-up sent \`${packet.kind}\` for \`${kind}\``);
}

export function receiveRequest(native: WasiNative, fd: number): Received {
  const descriptors = new Int32Array(DESCRIPTORS);
  const packet = receivePacket(native, fd, descriptors);
  const [module = -1, start = -1, long = -1] = descriptors;
  if (packet.kind !== PACKET.request || module < 0 || start < 0) {
    throw new EngineError("the container's set-up sent no request");
  }
  const data = packet.data.length > 0 ? packet.data : readLong(native, long);
  return { request: JSON.parse(new TextDecoder().decode(data)) as Request, module, start };
}

/** A request that is longer than a packet comes as a file. */
function readLong(native: WasiNative, fd: number): Uint8Array {
  const size = native.size(fd);
  if (size < 0) throw new EngineError("the container's set-up sent an empty request");
  const bytes = new Uint8Array(size);
  const length = native.readAt(fd, bytes, 0);
  native.close(fd);
  return bytes.subarray(0, Math.max(0, length));
}
