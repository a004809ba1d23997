/**
 * Compiled seccomp filters on disk: compiling an engine's default profile costs more than all the rest of
 * `create`. A filter is named by the SHA-256 of everything that decides it. The directory belongs to the
 * runtime's user and to no one else; what is read is checked nevertheless, because a wrong filter is worse
 * than a slow one.
 */
import type { Seccomp } from "../spec/types.ts";
import { files, isNativeError } from "./index.ts";

declare const OCIRT_VERSION: string | undefined;
declare const OCIRT_COMMIT: string | undefined;
declare const Bun: { readonly SHA256: { hash(data: string | Uint8Array, encoding: "hex"): string } };

/** A file is the checksum in hexadecimal digits, this, the key, and the program. */
const MAGIC = "OCIRTBPF";
const DIGITS = 64;
const PROGRAM = DIGITS + MAGIC.length + DIGITS;
/** So many filters are kept; a node runs a handful of profiles. */
const LIMIT = 64;

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

/** The build: a new one may generate other programs from the same profile. */
function build(): string {
  return typeof OCIRT_VERSION === "undefined" ? "source" : `${OCIRT_VERSION} ${OCIRT_COMMIT}`;
}

/** The name of a profile's filter. Flags and the listener's path do not change the program. */
function keyOf(seccomp: Seccomp, libseccomp: string): string {
  const { defaultAction, defaultErrnoRet, architectures, syscalls } = seccomp;
  const profile = [
    build(),
    libseccomp,
    process.arch,
    defaultAction,
    defaultErrnoRet,
    architectures,
    syscalls,
  ];
  return Bun.SHA256.hash(serialize(profile), "hex");
}

/** A replacer makes JSON.stringify many times slower, and bigints are rare. */
function serialize(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `${member}n` : member));
  }
}

/** Whether it is there, and only root or the runtime's own user can have written it. */
function isOurs(path: string, type: number): boolean {
  const stat = files().stat(path, false);
  if (stat === undefined || (stat.mode & S_IFMT) !== type || (stat.mode & 0o022) !== 0) return false;
  return stat.uid === 0 || stat.uid === process.geteuid?.();
}

/** The program of a file that is whole and was stored under this key. */
function verified(data: Uint8Array, key: string): Uint8Array | undefined {
  if (data.length <= PROGRAM || (data.length - PROGRAM) % 8 !== 0) return undefined;
  const head = new TextDecoder().decode(data.subarray(0, PROGRAM));
  if (!head.endsWith(MAGIC + key)) return undefined;
  const checksum = Bun.SHA256.hash(data.subarray(DIGITS), "hex");
  return head === checksum + MAGIC + key ? data.subarray(PROGRAM) : undefined;
}

function readFilter(path: string, key: string): Uint8Array | undefined {
  if (!isOurs(path, S_IFREG)) return undefined;
  try {
    return verified(files().readFile(path), key);
  } catch (error) {
    // Another runtime may have emptied the cache in this moment.
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

/**
 * What the cache has for a profile. undefined: the directory cannot be trusted and is not used. Without bpf:
 * it is not there, or damaged, and is to be stored under `key`.
 */
export function cachedFilter(
  directory: string,
  seccomp: Seccomp,
  libseccomp: string,
): { readonly key: string; readonly bpf?: Uint8Array } | undefined {
  const key = keyOf(seccomp, libseccomp);
  if (files().stat(directory, false) === undefined) return { key };
  if (!isOurs(directory, S_IFDIR)) return undefined;
  const bpf = readFilter(`${directory}/${key}`, key);
  return bpf === undefined ? { key } : { key, bpf };
}

/** Stores a filter. A cache that cannot be written makes the next start slow, not this one fail. */
export function storeFilter(directory: string, key: string, bpf: Uint8Array): void {
  const encoder = new TextEncoder();
  const data = new Uint8Array(PROGRAM + bpf.length);
  data.set(encoder.encode(MAGIC + key), DIGITS);
  data.set(bpf, PROGRAM);
  data.set(encoder.encode(Bun.SHA256.hash(data.subarray(DIGITS), "hex")));
  try {
    files().mkdirAll(directory, 0o700);
    const names = files().readdir(directory);
    if (names.length >= LIMIT) for (const name of names) files().unlink(`${directory}/${name}`);
    files().writeAtomic(`${directory}/${key}`, data, 0o600);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}
