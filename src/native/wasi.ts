/**
 * The facade of the Wasm host's system calls. Every function returns a number: a result >= 0, or a negative
 * errno of Linux. Parameters named `…At` are offsets into the guest's memory, which the addon checks: what
 * lies outside is -EFAULT. 64-bit values of the guest are bigint, as JavaScript gets them from Wasm.
 */
import { native } from "./index.ts";

export interface WasiNative {
  /** The guest's memory from now on; again after each growth. */
  setMemory(memory: ArrayBuffer): number;
  /** Where results that are more than one number go (src/wasm/wasi/scratch.ts). */
  setScratch(scratch: ArrayBuffer): number;
  /** The functions that can be called by their address: it, and a letter for each parameter (wasi-direct.ts). */
  directFunctions(): Readonly<Record<string, readonly [address: number, signature: string]>>;

  read(fd: number, iovsAt: number, count: number, movedAt: number): number;
  write(fd: number, iovsAt: number, count: number, movedAt: number): number;
  pread(fd: number, iovsAt: number, count: number, offset: bigint, movedAt: number): number;
  pwrite(fd: number, iovsAt: number, count: number, offset: bigint, movedAt: number): number;
  seek(fd: number, offset: bigint, whence: number, positionAt: number): number;
  close(fd: number): number;
  /** F_GETFL. */
  flags(fd: number): number;
  /** F_SETFL. */
  setFlags(fd: number, flags: number): number;
  /** WASI's file type, plus KIND_TERMINAL. */
  kind(fd: number): number;

  stat(fd: number, filestatAt: number, unstable: boolean): number;
  allocate(fd: number, offset: bigint, length: bigint): number;
  advise(fd: number, offset: bigint, length: bigint, advice: number): number;
  sync(fd: number, dataOnly: boolean): number;
  truncate(fd: number, size: bigint): number;
  times(fd: number, atim: bigint, mtim: bigint, fstflags: number): number;
  readdir(fd: number, bufferAt: number, length: number, cookie: bigint, usedAt: number): number;

  /** `root`: the base is the container's root, where absolute symbolic links resolve. Leaving it is -EPERM. */
  open(base: number, root: boolean, pathAt: number, length: number, flags: number): number;
  pathStat(
    base: number,
    root: boolean,
    pathAt: number,
    length: number,
    follow: boolean,
    filestatAt: number,
    unstable: boolean,
  ): number;
  pathTimes(
    base: number,
    root: boolean,
    pathAt: number,
    length: number,
    follow: boolean,
    atim: bigint,
    mtim: bigint,
    fstflags: number,
  ): number;
  readlink(
    base: number,
    root: boolean,
    pathAt: number,
    length: number,
    bufferAt: number,
    size: number,
    usedAt: number,
  ): number;
  mkdir(base: number, root: boolean, pathAt: number, length: number): number;
  rmdir(base: number, root: boolean, pathAt: number, length: number): number;
  unlink(base: number, root: boolean, pathAt: number, length: number): number;
  symlink(
    base: number,
    root: boolean,
    pathAt: number,
    length: number,
    targetAt: number,
    targetLength: number,
    absoluteAllowed: boolean,
  ): number;
  rename(
    from: number,
    fromRoot: boolean,
    fromAt: number,
    fromLength: number,
    to: number,
    toRoot: boolean,
    toAt: number,
    toLength: number,
  ): number;
  link(
    from: number,
    fromRoot: boolean,
    fromAt: number,
    fromLength: number,
    to: number,
    toRoot: boolean,
    toAt: number,
    toLength: number,
  ): number;

  clockTime(clock: number, timeAt: number): number;
  clockResolution(clock: number, timeAt: number): number;
  /** Nanoseconds until the clock reaches `deadline`; 0 when it is past. */
  remaining(clock: number, deadline: bigint): number;
  random(bufferAt: number, length: number): number;
  yield(): number;

  /** i32 quadruples {fd, events, revents, bytes readable}. */
  setPollArray(entries: ArrayBuffer): number;
  /** Nanoseconds; negative waits without end. The count of ready descriptors. */
  poll(count: number, timeout: number): number;

  socket(domain: number, type: number): number;
  /** A port of -1: the bytes are a path of AF_UNIX. */
  bind(fd: number, addressAt: number, length: number, port: number): number;
  connect(fd: number, addressAt: number, length: number, port: number): number;
  listen(fd: number, backlog: number): number;
  accept(fd: number, nonBlocking: boolean, setNoDelay: boolean): number;
  recv(
    fd: number,
    iovsAt: number,
    count: number,
    riflags: number,
    receivedAt: number,
    roflagsAt: number,
  ): number;
  /** The sender goes to the scratch buffer. */
  recvFrom(
    fd: number,
    iovsAt: number,
    count: number,
    riflags: number,
    receivedAt: number,
    roflagsAt: number,
  ): number;
  send(fd: number, iovsAt: number, count: number, sentAt: number): number;
  sendTo(
    fd: number,
    iovsAt: number,
    count: number,
    addressAt: number,
    length: number,
    port: number,
    sentAt: number,
  ): number;
  shutdown(fd: number, how: number): number;
  /** The socket's own address, or its peer's, goes to the scratch buffer. */
  name(fd: number, peer: boolean): number;
  /** SOL_SOCKET; the count of bytes that the option has. */
  getOption(fd: number, option: number, valueAt: number, size: number): number;
  /** SOL_SOCKET, an option that is one int. */
  getNumber(fd: number, option: number): number;
  setOption(fd: number, option: number, valueAt: number, size: number): number;
  /** Of any level, an option that is one int. */
  numberAt(fd: number, level: number, option: number): number;
  setNumberAt(fd: number, level: number, option: number, value: number): number;

  /** One question to one name server (4 or 16 address bytes); the answer's length. Milliseconds. */
  dnsExchange(
    server: Uint8Array,
    port: number,
    tcp: boolean,
    query: Uint8Array,
    answer: Uint8Array,
    timeout: number,
  ): number;

  /** 0 where there is a route to that address; nothing is sent. */
  hasRoute(address: Uint8Array): number;

  /** Fatal signals end the process with 128+n at once, even in a busy loop; the others are ignored. */
  installSignals(): number;
  /** Sets the soft RLIMIT_NOFILE, up to the hard one. */
  limitOpenFiles(soft: number): number;
  /** Waits for a packet, and leaves it there: its length, 0 at the end. */
  nextLength(fd: number): number;
  /** One packet; its length, 0 at the end. Descriptors that came with it are stored, -1 fills the rest. */
  receive(fd: number, packet: Uint8Array, descriptors: Int32Array): number;
  /** One packet. */
  transmit(fd: number, packet: Uint8Array): number;
  /** Blocks for the connection of `start`. */
  waitForStart(socket: number): number;
  /** Of a regular file of at most 2 GiB. */
  size(fd: number): number;
  readAt(fd: number, bytes: Uint8Array, position: number): number;
  openDirectory(path: string): number;
  changeDirectory(path: string): number;
  /** _exit(2). */
  exit(status: number): never;
}

/** Added to `kind`'s result for a character device that is a terminal. */
export const KIND_TERMINAL = 0x100;

let made: WasiNative | undefined;

/** The functions, made at the first use: no command but the engine needs them. */
export function wasiNative(): WasiNative {
  made ??= native<{ wasi(): WasiNative }>().wasi();
  return made;
}
