/**
 * The one error type of the project. It keeps what is known (what was being done, to what, from where in
 * config.json, which errno) apart from its text, so that the text log and the JSON log say the same.
 */

/** What is known about a failure. Only `action` is required. */
export interface ErrorFacts {
  /** What was being done, as a verb phrase: "mount", "open the bundle", "set the hostname". */
  readonly action: string;
  /** What it was done to: a path, a container id, a device. */
  readonly path?: string | undefined;
  /** JSON pointer (RFC 6901) into config.json: "/process/rlimits/0". */
  readonly pointer?: string | undefined;
  /** What the pointer points into, where it is not config.json. */
  readonly document?: string | undefined;
  /** Symbolic errno, "ENOENT". */
  readonly errno?: string | undefined;
  /** What is wrong, where neither errno nor cause says it. */
  readonly reason?: string | undefined;
  /** What the user can do about it. */
  readonly hint?: string | undefined;
  /** The process's exit code; 1 unless told. */
  readonly exitCode?: number | undefined;
  readonly cause?: unknown;
}

/** strerror(3)'s words for the errno values that users meet; engines match some of them in any case. */
const ERRNO_TEXT: Readonly<Record<string, string>> = {
  EPERM: "operation not permitted",
  ENOENT: "no such file or directory",
  ESRCH: "no such process",
  EIO: "input/output error",
  E2BIG: "argument list too long",
  ENOEXEC: "exec format error",
  EBADF: "bad file descriptor",
  ECHILD: "no child processes",
  EAGAIN: "resource temporarily unavailable",
  ENOMEM: "cannot allocate memory",
  EACCES: "permission denied",
  EBUSY: "device or resource busy",
  EEXIST: "file exists",
  EXDEV: "invalid cross-device link",
  ENODEV: "no such device",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  EINVAL: "invalid argument",
  ENFILE: "too many open files in system",
  EMFILE: "too many open files",
  ETXTBSY: "text file busy",
  EFBIG: "file too large",
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
  EPIPE: "broken pipe",
  ESTALE: "stale file handle",
  ERANGE: "numerical result out of range",
  ENAMETOOLONG: "file name too long",
  ENOSYS: "function not implemented",
  ENOTEMPTY: "directory not empty",
  ELOOP: "too many levels of symbolic links",
  ENODATA: "no data available",
  EOVERFLOW: "value too large for defined data type",
  EUSERS: "too many users",
  EOPNOTSUPP: "operation not supported",
  ENOTSOCK: "socket operation on non-socket",
  EPROTOTYPE: "protocol wrong type for socket",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  ETIMEDOUT: "connection timed out",
  EDQUOT: "disk quota exceeded",
};

/** The words for an errno name; the name itself where it has none here. */
export function errnoText(name: string): string {
  return ERRNO_TEXT[name] ?? name;
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class OcirtError extends Error {
  readonly facts: ErrorFacts;

  constructor(facts: ErrorFacts) {
    super(compose(facts), facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "OcirtError";
    this.facts = facts;
  }

  get exitCode(): number {
    return this.facts.exitCode ?? 1;
  }
}

/** What is wrong, as far as it is known. */
export function reasonOf(facts: ErrorFacts): string {
  const parts = [
    facts.reason,
    facts.errno === undefined ? undefined : `${errnoText(facts.errno)} (${facts.errno})`,
    facts.cause instanceof Error ? facts.cause.message : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(": ");
}

/** "mount `/x` (config.json /mounts/3): permission denied (EACCES); hint: …" */
function compose(facts: ErrorFacts): string {
  const where = facts.pointer === undefined ? "" : ` (${facts.document ?? "config.json"} ${facts.pointer})`;
  const what = facts.path === undefined ? "" : ` \`${facts.path}\``;
  const why = reasonOf(facts);
  const tail = why === "" ? "" : `: ${why}`;
  const hint = facts.hint === undefined ? "" : `; ${facts.hint}`;
  return `${facts.action}${what}${where}${tail}${hint}`;
}
