import { test } from "uvu";
import * as assert from "uvu/assert";
import { FAMILY, FDFLAG, FILETYPE, OFLAG, SOCKET_TYPE } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { type Call, Guest, withDirectory } from "./testing.ts";

const CONNREFUSED = 14;
const INPROGRESS = 26;
const PIPE = 64;
const TCP_NODELAY = 1;

const LOOPBACK4 = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK6 = new Uint8Array(16).fill(1, 15);

interface Libc {
  getsockopt(fd: number, level: number, option: number, value: Int32Array, size: Int32Array): number;
}

const ffi = (await import("bun:ffi" as string)) as {
  dlopen(library: string, symbols: object): { readonly symbols: Libc };
};
const { symbols: libc } = ffi.dlopen("libc.so.6", {
  getsockopt: { args: ["int", "int", "int", "ptr", "ptr"], returns: "int" },
});

class Network extends Guest {
  open1(family: number, type: number): number {
    const out = this.room(4);
    const errno = this.call.sock_open?.(family, type, out) as number;
    return errno === 0 ? this.u32(out) : -errno;
  }

  address(bytes: Uint8Array): number {
    const at = this.room(8);
    this.view.setUint32(at, this.put(bytes), true);
    this.view.setUint32(at + 4, bytes.length, true);
    return at;
  }

  /** WasmEdge's 128 bytes. */
  storage(family: number, bytes: Uint8Array): number {
    const whole = new Uint8Array(128);
    whole[0] = family;
    whole.set(bytes, 2);
    return this.address(whole);
  }

  port(fd: number, ip: Uint8Array): number {
    const out = this.room(8);
    assert.is(this.call.sock_getlocaladdr?.(fd, this.address(ip), out, out + 4), 0);
    return this.u32(out + 4);
  }

  listener(ip = LOOPBACK4): { fd: number; port: number } {
    const fd = this.open1(ip.length === 4 ? FAMILY.inet4 : FAMILY.inet6, SOCKET_TYPE.stream);
    assert.is(this.call.sock_bind?.(fd, this.address(ip), 0), 0);
    assert.is(this.call.sock_listen?.(fd, 4), 0);
    return { fd, port: this.port(fd, ip) };
  }

  /** Two ends of a TCP connection. */
  pair(): [client: number, server: number] {
    const listener = this.listener();
    const client = this.open1(FAMILY.inet4, SOCKET_TYPE.stream);
    assert.is(this.call.sock_connect?.(client, this.address(LOOPBACK4), listener.port), 0);
    const out = this.room(4);
    assert.is(this.call.sock_accept?.(listener.fd, out), 0);
    return [client, this.u32(out)];
  }

  host4(fd: number): number {
    return this.host.table.get(fd)?.host as number;
  }
}

test("only what WasmEdge defines can be opened", () => {
  const guest = new Network();
  assert.is(guest.open1(FAMILY.unspec, SOCKET_TYPE.stream), -ERRNO.inval);
  assert.is(guest.open1(4, SOCKET_TYPE.stream), -ERRNO.inval);
  assert.is(guest.open1(FAMILY.inet4, SOCKET_TYPE.any), -ERRNO.inval);
  assert.is(guest.open1(FAMILY.inet4, 3), -ERRNO.inval);
  assert.is(guest.open1(FAMILY.unix, SOCKET_TYPE.stream), -ERRNO.nosys);
  assert.ok(new Network({ allowUnixSockets: true }).open1(FAMILY.unix, SOCKET_TYPE.stream) >= 0);
  assert.is(guest.call.sock_open?.(1, 2, guest.size), ERRNO.fault);
});

test("the type of a socket is told by fdstat and filestat", () => {
  const guest = new Network();
  for (const [type, expected] of [
    [SOCKET_TYPE.stream, FILETYPE.socketStream],
    [SOCKET_TYPE.datagram, FILETYPE.socketDgram],
  ] as const) {
    const fd = guest.open1(FAMILY.inet4, type);
    const at = guest.room(64);
    assert.is(guest.call.fd_fdstat_get?.(fd, at), 0);
    assert.is(guest.view.getUint8(at), expected);
    assert.is(guest.call.fd_filestat_get?.(fd, at), 0);
    assert.is(guest.view.getUint8(at + 16), expected);
  }
});

test("addresses: 4 or 16 bytes in version 1, the 128 of a storage in version 2 only", () => {
  const guest = new Network();
  const fd = () => guest.open1(FAMILY.inet4, SOCKET_TYPE.stream);
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
    const client = guest.open1(FAMILY.inet4, SOCKET_TYPE.stream);
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
    assert.is(noDelay(guest.host4(fd)), TCP_NODELAY);
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
  const idle = guest.open1(FAMILY.inet4, SOCKET_TYPE.stream);
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
  const blocking = guest.open1(FAMILY.inet4, SOCKET_TYPE.stream);
  assert.is(guest.call.sock_connect?.(blocking, guest.address(LOOPBACK4), port), CONNREFUSED);

  const fd = guest.open1(FAMILY.inet4, SOCKET_TYPE.stream);
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

test("names of both ends, in both versions", () => {
  const guest = new Network();
  const [client, server] = guest.pair();
  const at = guest.room(16);
  const call = guest.call as Record<string, Call>;
  const plain = guest.address(new Uint8Array(4));
  assert.is(call.sock_getpeeraddr?.(server, plain, at, at + 4), 0);
  assert.is(guest.u32(at), 4);
  assert.is(guest.u32(at + 4), guest.port(client, LOOPBACK4));
  assert.equal(guest.bytes(guest.u32(plain), 4), LOOPBACK4);
  const wide = guest.storage(0, new Uint8Array(0));
  assert.is(call.sock_getpeeraddr?.(server, wide, at), 0);
  assert.equal(guest.bytes(guest.u32(wide), 6), Uint8Array.of(FAMILY.inet4, 0, ...LOOPBACK4));
  assert.is(guest.u32(at), guest.port(client, LOOPBACK4));
  assert.is(call.sock_getpeeraddr?.(server, wide, at, at + 4), ERRNO.inval);
  assert.is(call.sock_getpeeraddr?.(server, plain, at), ERRNO.inval);
  assert.is(call.sock_getpeeraddr?.(guest.open1(1, 2), plain, at, at + 4), ERRNO.notconn);
  const six = guest.listener(LOOPBACK6);
  assert.is(call.sock_getlocaladdr?.(six.fd, plain, at, at + 4), ERRNO.nomem);
});

test("datagrams: their sender in both versions, and cut where the buffer ends", () => {
  const guest = new Network();
  for (const [family, ip] of [
    [FAMILY.inet4, LOOPBACK4],
    [FAMILY.inet6, LOOPBACK6],
  ] as const) {
    const [left, right] = [
      guest.open1(family, SOCKET_TYPE.datagram),
      guest.open1(family, SOCKET_TYPE.datagram),
    ];
    for (const fd of [left, right]) assert.is(guest.call.sock_bind?.(fd, guest.address(ip), 0), 0);
    const [out, count] = guest.vectors(Buffer.from("datagram"));
    const moved = guest.room(12);
    const port = guest.port(right, ip);
    const send = () =>
      assert.is(guest.call.sock_send_to?.(left, out, count, guest.address(ip), port, 0, moved), 0);
    const [into, places, at = 0] = guest.vectors(new Uint8Array(4));

    send();
    assert.is(guest.u32(moved), 8);
    const plain = guest.address(new Uint8Array(ip.length));
    assert.is(guest.call.sock_recv_from?.(right, into, places, plain, 0, moved, moved + 4), 0);
    assert.is(guest.string(at, guest.u32(moved)), "data");
    assert.is(guest.u16(moved + 4), 1);
    assert.equal(guest.bytes(guest.u32(plain), ip.length), ip);

    send();
    const wide = guest.storage(0, new Uint8Array(0));
    assert.is(guest.call.sock_recv_from?.(right, into, places, wide, 0, moved, moved + 4, moved + 8), 0);
    assert.is(guest.u32(moved), guest.port(left, ip));
    assert.equal(guest.bytes(guest.u32(wide), 2 + ip.length), Uint8Array.of(family, 0, ...ip));

    const odd = guest.address(new Uint8Array(5));
    assert.is(
      guest.call.sock_recv_from?.(right, into, places, odd, 0, moved, moved + 4, moved + 8),
      ERRNO.inval,
    );
    const six = guest.storage(family, ip);
    assert.is(guest.call.sock_send_to?.(left, out, count, six, port, 0, moved), ERRNO.inval);
    assert.is(guest.call.sock_send_to_v2?.(left, out, count, six, port, 0, moved), 0);
  }
});

test("options: numbers of WasmEdge, sizes of Linux", () => {
  const guest = new Network();
  const fd = guest.open1(FAMILY.inet4, SOCKET_TYPE.stream);
  const value = guest.room(16);
  const size = guest.room(4);
  const get = (name: number, room: number) => {
    guest.view.setUint32(size, room, true);
    return guest.call.sock_getsockopt?.(fd, 0, name, value, size);
  };
  const [TYPE, KEEPALIVE, LINGER, RCVTIMEO] = [1, 7, 9, 11];
  assert.is(get(TYPE, 8), 0);
  assert.is(guest.u32(size), 4);
  assert.is(guest.u32(value), SOCKET_TYPE.stream);
  guest.view.setUint32(value, 1, true);
  assert.is(guest.call.sock_setsockopt?.(fd, 0, KEEPALIVE, value, 4), 0);
  guest.view.setUint32(value, 0, true);
  assert.is(get(KEEPALIVE, 4), 0);
  assert.is(guest.u32(value), 1);
  guest.view.setUint32(value + 4, 7, true);
  assert.is(guest.call.sock_setsockopt?.(fd, 0, LINGER, value, 8), 0);
  assert.is(get(LINGER, 8), 0);
  assert.is(guest.u32(value + 4), 7);
  guest.view.setBigInt64(value, 2n, true);
  guest.view.setBigInt64(value + 8, 500_000n, true);
  assert.is(guest.call.sock_setsockopt?.(fd, 0, RCVTIMEO, value, 16), 0);
  assert.is(get(RCVTIMEO, 16), 0);
  assert.is(guest.u64(value), 2n);
  assert.is(get(15, 4), ERRNO.inval);
  assert.is(get(TYPE, 2), ERRNO.inval);
  assert.is(guest.call.sock_setsockopt?.(fd, 1, KEEPALIVE, value, 4), ERRNO.inval);
  assert.is(guest.call.sock_setsockopt?.(fd, 0, KEEPALIVE, guest.size, 4), ERRNO.fault);
});

test(
  "AF_UNIX, where it is allowed",
  withDirectory((path) => {
    const guest = new Network({ allowUnixSockets: true });
    const [server, client] = [0, 1].map(() => guest.open1(FAMILY.unix, SOCKET_TYPE.stream)) as [
      number,
      number,
    ];
    const at = guest.storage(FAMILY.unix, Buffer.from(`${path}/socket`));
    assert.is(guest.call.sock_bind_v2?.(server, at, 0), 0);
    assert.is(guest.call.sock_listen?.(server, 1), 0);
    assert.is(guest.call.sock_connect_v2?.(client, at, 0), 0);
    const out = guest.room(4);
    assert.is(guest.call.sock_accept?.(server, out), 0);
    guest.write(client, "local");
    assert.is(guest.read(guest.u32(out), 9), "local");
    const name = guest.storage(0, new Uint8Array(0));
    assert.is(guest.call.sock_getpeeraddr?.(client, name, out), 0);
    assert.is(guest.u16(guest.u32(name)), FAMILY.unix);
    assert.ok(guest.string(guest.u32(name) + 2, 100).startsWith(`${path}/socket`));
  }),
);

test.run();
