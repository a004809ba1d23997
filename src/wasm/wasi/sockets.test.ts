import { test } from "uvu";
import * as assert from "uvu/assert";
import { FAMILY, FDFLAG, FILETYPE, OFLAG, SOCKET_TYPE } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { type Call, withDirectory } from "./testing.ts";
import { LOOPBACK4, Network } from "./testing-network.ts";

const CONNREFUSED = 14;
const INPROGRESS = 26;
const PIPE = 64;
const TCP_NODELAY = 1;

interface Libc {
  getsockopt(fd: number, level: number, option: number, value: Int32Array, size: Int32Array): number;
}

const ffi = (await import("bun:ffi" as string)) as {
  dlopen(library: string, symbols: object): { readonly symbols: Libc };
};
const { symbols: libc } = ffi.dlopen("libc.so.6", {
  getsockopt: { args: ["int", "int", "int", "ptr", "ptr"], returns: "int" },
});

test("only what WasmEdge defines can be opened", () => {
  const guest = new Network();
  assert.is(guest.socket(FAMILY.unspec, SOCKET_TYPE.stream), -ERRNO.inval);
  assert.is(guest.socket(4, SOCKET_TYPE.stream), -ERRNO.inval);
  assert.is(guest.socket(FAMILY.inet4, SOCKET_TYPE.any), -ERRNO.inval);
  assert.is(guest.socket(FAMILY.inet4, 3), -ERRNO.inval);
  assert.is(guest.socket(FAMILY.unix, SOCKET_TYPE.stream), -ERRNO.nosys);
  assert.ok(new Network({ allowUnixSockets: true }).socket(FAMILY.unix, SOCKET_TYPE.stream) >= 0);
  assert.is(guest.call.sock_open?.(1, 2, guest.size), ERRNO.fault);
});

test("the type of a socket is told by fdstat and filestat", () => {
  const guest = new Network();
  for (const [type, expected] of [
    [SOCKET_TYPE.stream, FILETYPE.socketStream],
    [SOCKET_TYPE.datagram, FILETYPE.socketDgram],
  ] as const) {
    const fd = guest.socket(FAMILY.inet4, type);
    const at = guest.room(64);
    assert.is(guest.call.fd_fdstat_get?.(fd, at), 0);
    assert.is(guest.view.getUint8(at), expected);
    assert.is(guest.call.fd_filestat_get?.(fd, at), 0);
    assert.is(guest.view.getUint8(at + 16), expected);
  }
});

test("addresses: 4 or 16 bytes in version 1, the 128 of a storage in version 2 only", () => {
  const guest = new Network();
  const fd = () => guest.socket(FAMILY.inet4, SOCKET_TYPE.stream);
  const { sock_bind: bind, sock_bind_v2: bind2 } = guest.call as Record<string, Call>;
  assert.is(bind?.(fd(), guest.address(new Uint8Array(5)), 0), ERRNO.inval);
  assert.is(bind?.(fd(), guest.storage(FAMILY.inet4, LOOPBACK4), 0), ERRNO.inval);
  assert.is(bind2?.(fd(), guest.storage(FAMILY.inet4, LOOPBACK4), 0), 0);
  assert.is(bind2?.(fd(), guest.storage(FAMILY.unspec, LOOPBACK4), 0), ERRNO.inval);
  assert.is(bind2?.(fd(), guest.storage(FAMILY.unix, Buffer.from("/x")), 0), ERRNO.nosys);
  const outside = guest.room(8);
  guest.view.setUint32(outside, guest.size - 2, true);
  guest.view.setUint32(outside + 4, 4, true);
  assert.is(bind?.(fd(), outside, 0), ERRNO.fault);
});

test("accept: version 1 without flags, version 2 with them for the new socket", () => {
  const guest = new Network();
  const { fd, port } = guest.listener();
  assert.is(guest.call.fd_fdstat_set_flags?.(fd, FDFLAG.nonblock), 0);
  const out = guest.room(4);
  assert.is(guest.call.sock_accept?.(fd, out), ERRNO.again);
  const stat = guest.room(24);
  for (const [fdflags, values] of [
    [0, [out]],
    [0, [0, out]],
    [FDFLAG.nonblock, [FDFLAG.nonblock, out]],
  ] as const) {
    const client = guest.socket(FAMILY.inet4, SOCKET_TYPE.stream);
    guest.call.sock_connect?.(client, guest.address(LOOPBACK4), port);
    assert.is(guest.call.sock_accept?.(fd, ...values), 0);
    guest.call.fd_fdstat_get?.(guest.u32(out), stat);
    assert.is(guest.u16(stat + 2), fdflags);
  }
  assert.is(guest.call.sock_accept?.(fd, 32, out), ERRNO.inval);
  assert.is(guest.call.sock_accept?.(fd, 0, guest.size), ERRNO.fault);
});

test("TCP_NODELAY is set on both ends: the guest can't, and its answers would wait", () => {
  const guest = new Network();
  const [client, server] = guest.pair();
  const value = guest.room(4);
  for (const fd of [client, server]) {
    assert.is(noDelay(guest.hostOf(fd)), TCP_NODELAY);
  }
  assert.is(guest.call.sock_getsockopt?.(client, 6, TCP_NODELAY, value, value), ERRNO.inval);
});

/** The addon has no call for an option that no guest can ask for: libc is asked directly. */
function noDelay(fd: number): number {
  const [IPPROTO_TCP, OPTION] = [6, 1];
  const value = new Int32Array(1);
  libc.getsockopt(fd, IPPROTO_TCP, OPTION, value, Int32Array.of(4));
  return value[0] as number;
}

test("send and receive: gathered, peeked at, cut, and at their end", () => {
  const guest = new Network();
  const [client, server] = guest.pair();
  const moved = guest.room(4);
  const flags = guest.room(4);
  const [out, count] = guest.vectors(Buffer.from("he"), Buffer.from("llo"));
  assert.is(guest.call.sock_send?.(client, out, count, 0, moved), 0);
  assert.is(guest.u32(moved), 5);
  const [into, places, at = 0] = guest.vectors(new Uint8Array(9));
  for (const riflags of [1, 0]) {
    assert.is(guest.call.sock_recv?.(server, into, places, riflags, moved, flags), 0);
    assert.is(guest.string(at, guest.u32(moved)), "hello");
  }
  assert.is(guest.call.sock_recv?.(server, into, places, 4, moved, flags), ERRNO.inval);
  assert.is(guest.call.sock_send?.(client, out, count, 1, moved), ERRNO.inval);
  assert.is(guest.write(server, "file calls work as well"), 23);
  assert.is(guest.read(client, 64), "file calls work as well");
  assert.is(guest.call.sock_shutdown?.(client, 2), 0);
  assert.is(guest.call.sock_recv?.(server, into, places, 0, moved, flags), 0);
  assert.is(guest.u32(moved), 0);
  assert.is(guest.call.sock_send?.(client, out, count, 0, moved), PIPE);
});

test("a message is not lost to a bad pointer", () => {
  const guest = new Network();
  const [client, server] = guest.pair();
  guest.write(client, "keep");
  const [into, places] = guest.vectors(new Uint8Array(9));
  assert.is(guest.call.sock_recv?.(server, into, places, 0, guest.size - 3, 0), ERRNO.fault);
  assert.is(guest.call.fd_read?.(server, into, places, guest.size - 3), ERRNO.fault);
  assert.is(guest.read(server, 9), "keep");
});

test("shutdown: of sockets only, in the ways there are", () => {
  const guest = new Network();
  const [client] = guest.pair();
  const idle = guest.socket(FAMILY.inet4, SOCKET_TYPE.stream);
  assert.is(guest.call.sock_shutdown?.(99, 3), ERRNO.badf);
  assert.is(guest.call.sock_shutdown?.(client, 4), ERRNO.inval);
  assert.is(guest.call.sock_shutdown?.(idle, 0), ERRNO.notconn);
  assert.is(guest.call.sock_shutdown?.(client, 3), 0);
});

test(
  "a file is no socket",
  withDirectory((path) => {
    const guest = new Network();
    const file = guest.open(guest.preopen(path), "file", { oflags: OFLAG.creat });
    const { call } = guest;
    assert.is(call.sock_shutdown?.(file, 3), ERRNO.notsock);
    assert.is(call.sock_accept?.(file, 0, 0), ERRNO.notsock);
    assert.is(call.sock_recv?.(file, 0, 0, 0, 0, 0), ERRNO.notsock);
    assert.is(call.sock_send?.(file, 0, 0, 0, 0), ERRNO.notsock);
    assert.is(call.sock_setsockopt?.(file, 0, 0, 0, 4), ERRNO.notsock);
  }),
);

test("a refused connection is told by connect, or by option 2 where it doesn't block", () => {
  const guest = new Network();
  const { fd: listener, port } = guest.listener();
  guest.call.fd_close?.(listener);
  const blocking = guest.socket(FAMILY.inet4, SOCKET_TYPE.stream);
  assert.is(guest.call.sock_connect?.(blocking, guest.address(LOOPBACK4), port), CONNREFUSED);

  const fd = guest.socket(FAMILY.inet4, SOCKET_TYPE.stream);
  guest.call.fd_fdstat_set_flags?.(fd, FDFLAG.nonblock);
  const errno = guest.call.sock_connect?.(fd, guest.address(LOOPBACK4), port);
  if (errno === INPROGRESS) {
    const at = guest.room(12);
    guest.view.setUint32(at + 4, 4, true);
    assert.is(guest.call.sock_getsockopt?.(fd, 0, 2, at, at + 4), 0);
    assert.is(guest.u32(at), CONNREFUSED);
  } else {
    assert.is(errno, CONNREFUSED);
  }
});

test.run();
