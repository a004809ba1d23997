/** The numbers of wasi_snapshot_preview1 (witx), and those of WasmEdge's socket extension. */

export const FILETYPE = {
  unknown: 0,
  blockDevice: 1,
  characterDevice: 2,
  directory: 3,
  regularFile: 4,
  socketDgram: 5,
  socketStream: 6,
  symbolicLink: 7,
} as const;

export const FDFLAG = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;
export const FDFLAGS_ALL = 31;

export const OFLAG = { creat: 1, directory: 2, excl: 4, trunc: 8 } as const;
export const OFLAGS_ALL = 15;

export const LOOKUP_SYMLINK_FOLLOW = 1;

export const CLOCK = { realtime: 0, monotonic: 1, processCputime: 2, threadCputime: 3 } as const;
export const SUBCLOCK_ABSOLUTE = 1;

export const EVENT = { clock: 0, fdRead: 1, fdWrite: 2 } as const;
export const EVENT_HANGUP = 1;

/** Sizes and offsets in the guest's memory, in bytes. */
export const EVENT_LAYOUT = { size: 32, error: 8, type: 10, nbytes: 16, flags: 24 } as const;

export interface SubscriptionLayout {
  readonly size: number;
  /** Of the clock's id, or of the descriptor. */
  readonly subject: number;
  readonly clockId: number;
  readonly timeout: number;
  readonly flags: number;
}

export const SUBSCRIPTION: SubscriptionLayout = {
  size: 48,
  subject: 16,
  clockId: 16,
  timeout: 24,
  flags: 40,
};
/** wasi_unstable has another userdata before the clock's id. */
export const SUBSCRIPTION_UNSTABLE: SubscriptionLayout = {
  size: 56,
  subject: 16,
  clockId: 24,
  timeout: 32,
  flags: 48,
};

export const FDSTAT = { size: 24, flags: 2, rightsBase: 8, rightsInheriting: 16 } as const;
export const PRESTAT = { size: 8, nameLength: 4 } as const;

/** lseek(2)'s whence by WASI's: set, cur, end; wasi_unstable has cur, end, set. */
export const WHENCE = [0, 1, 2] as const;
export const WHENCE_UNSTABLE = [1, 2, 0] as const;

/** posix_fadvise(2)'s advice by WASI's: normal, sequential, random, willneed, dontneed, noreuse. */
export const ADVICE = [0, 2, 1, 3, 4, 5] as const;

/** clock_gettime(2)'s clock by WASI's. */
export const CLOCKS = [0, 1, 2, 3] as const;

/** Signals that proc_raise knows, as Linux' numbers; WASI leaves SIGSTKFLT out, so they differ from 16 on. */
export const SIGNAL_NUMBERS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
  30, 31,
] as const;
/** Linux' numbers of signals whose default is to do nothing: CHLD, CONT, URG, WINCH. */
export const SIGNALS_IGNORED: ReadonlySet<number> = new Set([17, 18, 23, 28]);
/** Linux' numbers of signals whose default is to stop: STOP, TSTP, TTIN, TTOU. */
export const SIGNALS_STOPPING: ReadonlySet<number> = new Set([19, 20, 21, 22]);

/** WasmEdge's address families, and Linux' (AF_INET, AF_INET6, AF_UNIX). */
export const FAMILY = { unspec: 0, inet4: 1, inet6: 2, unix: 3 } as const;
export const LINUX_FAMILY = [0, 2, 10, 1] as const;
/** WasmEdge's socket types, in the opposite order of Linux' (SOCK_DGRAM 2, SOCK_STREAM 1). */
export const SOCKET_TYPE = { any: 0, datagram: 1, stream: 2 } as const;
export const LINUX_SOCKET_TYPE = [0, 2, 1] as const;

/** SOL_SOCKET's options of Linux, by WasmEdge's number. */
export const SOCKET_OPTIONS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 18, 20, 21, 30, 25] as const;
export const SOCKET_OPTION_TYPE = 1;
export const SOCKET_OPTION_ERROR = 2;

/** shutdown(2)'s how by sdflags 1 read, 2 write, 3 both; 0 acts as read. */
export const SHUTDOWN = [0, 0, 1, 2] as const;
