import { test } from "uvu";
import * as assert from "uvu/assert";
import { FAMILY, SOCKET_TYPE } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { type Call, withDirectory } from "./testing.ts";
import { LOOPBACK4, LOOPBACK6, Network } from "./testing-network.ts";

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
  assert.is(call.sock_getpeeraddr?.(guest.socket(1, 2), plain, at, at + 4), ERRNO.notconn);
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
      guest.socket(family, SOCKET_TYPE.datagram),
      guest.socket(family, SOCKET_TYPE.datagram),
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
  const fd = guest.socket(FAMILY.inet4, SOCKET_TYPE.stream);
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
    const [server, client] = [0, 1].map(() => guest.socket(FAMILY.unix, SOCKET_TYPE.stream)) as [
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
