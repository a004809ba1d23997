/**
 * Every host function with arguments that no compiler makes: each must answer with an errno, and nothing may
 * be touched outside the memory. The same numbers in each run; OCIRT_FUZZ_ROUNDS and OCIRT_FUZZ_SEED make it longer,
 * and other numbers.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type WasiNative, wasiNative } from "../../native/wasi.ts";
import { callDirectly } from "../../native/wasi-direct.ts";
import { Exit, Guest, withDirectory } from "./testing.ts";

const ROUNDS = Number(process.env.OCIRT_FUZZ_ROUNDS ?? 400);
const SEED = Number(process.env.OCIRT_FUZZ_SEED ?? 20_261);
const MOST_ERRNO = 87;
const SOCK_NONBLOCK = 0o4000;
const EAGAIN = 11;

/** Parameters in order: i a 32-bit number, d a descriptor, p a pointer, n a length, l a 64-bit number. */
const SIGNATURES: Record<string, string> = {
  args_get: "pp",
  args_sizes_get: "pp",
  environ_get: "pp",
  environ_sizes_get: "pp",
  clock_res_get: "ip",
  clock_time_get: "ilp",
  random_get: "pn",
  sched_yield: "",
  proc_exit: "i",
  proc_raise: "i",
  fd_advise: "dlli",
  fd_allocate: "dll",
  fd_close: "d",
  fd_datasync: "d",
  fd_fdstat_get: "dp",
  fd_fdstat_set_flags: "di",
  fd_fdstat_set_rights: "dll",
  fd_filestat_get: "dp",
  fd_filestat_set_size: "dl",
  fd_filestat_set_times: "dlli",
  fd_pread: "dpnlp",
  fd_prestat_get: "dp",
  fd_prestat_dir_name: "dpn",
  fd_pwrite: "dpnlp",
  fd_read: "dpnp",
  fd_readdir: "dpnlp",
  fd_renumber: "dd",
  fd_seek: "dlip",
  fd_sync: "d",
  fd_tell: "dp",
  fd_write: "dpnp",
  path_create_directory: "dpn",
  path_filestat_get: "dipnp",
  path_filestat_set_times: "dipnlli",
  path_link: "dipndpn",
  path_open: "dipnillip",
  path_readlink: "dpnpnp",
  path_remove_directory: "dpn",
  path_rename: "dpndpn",
  path_symlink: "pndpn",
  path_unlink_file: "dpn",
  poll_oneoff: "ppnp",
  epoll_oneoff: "ppnp",
  sock_open: "iip",
  sock_bind: "dpi",
  sock_bind_v2: "dpi",
  sock_connect: "dpi",
  sock_connect_v2: "dpi",
  sock_listen: "di",
  sock_accept: "dip",
  sock_accept_v2: "dip",
  sock_recv: "dpnipp",
  sock_recv_from: "dpnpippp",
  sock_recv_from_v2: "dpnpippp",
  sock_send: "dpnip",
  sock_send_to: "dpnpiip",
  sock_send_to_v2: "dpnpiip",
  sock_shutdown: "di",
  sock_getsockopt: "diipp",
  sock_setsockopt: "diipn",
  sock_getlocaladdr: "dpp",
  sock_getlocaladdr_v2: "dpp",
  sock_getpeeraddr: "dppp",
  sock_getpeeraddr_v2: "dpp",
  sock_getaddrinfo: "pnpnppnp",
};

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return (value ^ (value >>> 14)) >>> 0;
  };
}

/** The real calls, without those that could wait, or send something to the world. */
function harmless(direct: boolean): WasiNative {
  const native = { ...wasiNative() };
  if (direct) callDirectly(native);
  return {
    ...native,
    poll: (count) => native.poll(count, 0),
    socket: (domain, type) => native.socket(domain, type | SOCK_NONBLOCK),
    setFlags: (fd, flags) => native.setFlags(fd, flags | SOCK_NONBLOCK),
    accept: (fd, _nonBlocking, noDelay) => native.accept(fd, true, noDelay),
    // The address is taken the same way, and none but the machine's own can be bound.
    connect: (fd, at, length, port) => native.bind(fd, at, length, port),
    sendTo: (fd, iovs, count, at, _length, port, sent) => native.sendTo(fd, iovs, count, at, 5, port, sent),
    dnsExchange: () => -EAGAIN,
  };
}

test(
  `${ROUNDS} rounds of all functions`,
  withDirectory((path) => {
    mkdirSync(join(path, "dir"));
    writeFileSync(join(path, "dir/file"), "content");
    symlinkSync("dir", join(path, "link"));
    const next = generator(SEED);
    const pick = <T>(values: readonly T[]): T => values[next() % values.length] as T;

    for (let round = 0; round < ROUNDS; round++) {
      const guest = new Guest({ native: harmless(round % 2 === 1), env: ["A=1"] });
      guest.preopen(path);
      guest.preopen(path, true);
      guest.open(3, "dir/file");
      const { size } = guest;
      const bytes = new Uint8Array(guest.memory.buffer);
      // Small numbers are often lengths, counts and descriptors that make sense.
      for (let i = 0; i < 4096; i++) bytes[i * 16 + (next() & 15)] = next() & 1 ? next() & 7 : next();
      const path1 = guest.text(pick(["dir", "dir/file", "link/file", "../x", "/", "new", "a/b/c", "."]));
      const numbers = {
        i: () => pick([0, 1, 2, 3, 4, 8, 16, 255, -1, 0x7fffffff, next() | 0]),
        d: () => pick([0, 1, 2, 3, 4, 5, 6, 7, 99, -1, next() | 0]),
        p: () => pick([path1[0], 0, 8, 64, next() % size, size - 4, size - 1, size, -1, -8, next() | 0]),
        n: () => pick([path1[1], 0, 1, 2, 8, 64, 1024, 1025, size, -1, 0x7fffffff, next() | 0]),
      };
      const wide = () => pick([0n, 1n, 7n, 4096n, -1n, 2n ** 62n, -(2n ** 63n), 2n ** 29n - 1n]);

      for (const [name, signature] of Object.entries(SIGNATURES)) {
        const values = [...signature].map((kind) => (kind === "l" ? wide() : numbers[kind as "i"]()));
        let errno: number | undefined;
        try {
          errno = guest.call[name]?.(...values);
        } catch (error) {
          if (!(error instanceof Exit)) throw new Error(`${name}(${values}) in round ${round}: ${error}`);
          errno = 0;
        }
        assert.ok(
          Number.isInteger(errno) && (errno as number) >= 0 && (errno as number) <= MOST_ERRNO,
          `${name}(${values}) is ${errno}`,
        );
      }
      closeAll(guest);
    }
  }),
);

function closeAll(guest: Guest): void {
  for (let fd = 0; fd < 64; fd++) guest.call.fd_close?.(fd);
}

test("the signatures cover every function", () => {
  assert.equal(
    Object.keys(new Guest().call)
      .filter((name) => !(name in SIGNATURES))
      .sort(),
    ["sock_listen_v2", "sock_open_v2", "sock_recv_v2", "sock_send_v2"],
  );
});

test("the host sees the memory as it is after it has grown", () => {
  const guest = new Guest();
  const { size } = guest;
  assert.is.not(guest.call.random_get?.(size, 16), 0);
  guest.memory.grow(1);
  assert.is(guest.call.random_get?.(size, 16), 0);
  assert.ok(guest.bytes(size, 16).some((byte) => byte !== 0));
  assert.is(guest.call.args_sizes_get?.(guest.size - 4, size), 0);
  assert.is(guest.u32(guest.size - 4), 1);
});

test("memory above 2 GiB is addressed like any other", () => {
  const guest = new Guest();
  const memory = new WebAssembly.Memory({ initial: 33_000 });
  guest.host.attach(memory);
  const at = 0x8000_1000 | 0;
  assert.ok(at < 0);
  assert.is(guest.call.random_get?.(at, 8), 0);
  assert.is(guest.call.args_sizes_get?.(at, at + 4), 0);
  assert.is(guest.call.clock_time_get?.(1, 0n, at + 8), 0);
  const view = new DataView(memory.buffer);
  assert.is(view.getUint32(0x8000_1000, true), 1);
  assert.ok(view.getBigUint64(0x8000_1008, true) > 0n);
  assert.is(guest.call.clock_time_get?.(1, 0n, -8), 21);
});

test.run();
