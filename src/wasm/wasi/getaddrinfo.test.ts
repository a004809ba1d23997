import { test } from "uvu";
import * as assert from "uvu/assert";
import { AIFLAG } from "./addrinfo.ts";
import { FAMILY, SOCKET_TYPE } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { Guest } from "./testing.ts";

const TCP = 1;
const UDP = 2;
const SOCKTYPE_MISMATCH = 86;

interface Hints {
  readonly flags?: number;
  readonly family?: number;
  readonly socktype?: number;
  readonly protocol?: number;
}

interface Found {
  readonly family: number;
  readonly socktype: number;
  readonly protocol: number;
  readonly addrlen: number;
  readonly port: number;
  readonly address: string;
  readonly name: string;
}

const HOSTS = "10.1.2.3 box.example box\nfd00::5 box.example\n10.9.9.9 four\n";

function query(node: string, service: string, hints: Hints = {}, room = 8): Found[] | number {
  const files: Record<string, string> = { "/etc/hosts": HOSTS, "/etc/services": "web 8088/tcp\n" };
  const guest = new Guest({ readText: (path) => files[path] });
  const { view } = guest;
  const at = guest.room(28);
  view.setUint16(at, hints.flags ?? 0, true);
  view.setUint8(at + 2, hints.family ?? 0);
  view.setUint8(at + 3, hints.socktype ?? 0);
  view.setUint8(at + 4, hints.protocol ?? 0);
  const nodes = Array.from({ length: room }, () => guest.room(28));
  nodes.forEach((place, i) => {
    const sockaddr = guest.room(12);
    view.setUint32(place + 12, sockaddr, true);
    view.setUint32(sockaddr + 4, 14, true);
    view.setUint32(sockaddr + 8, guest.room(26), true);
    view.setUint32(place + 16, guest.room(30), true);
    view.setUint32(place + 24, nodes[i + 1] ?? 0, true);
  });
  const list = guest.room(4);
  view.setUint32(list, nodes[0] ?? 0, true);
  const count = guest.room(4);
  // The crate counts the NUL in.
  const errno = guest.call.sock_getaddrinfo?.(
    ...guest.text(`${node}\0`),
    ...guest.text(service),
    at,
    list,
    room,
    count,
  );
  if (errno !== 0) return errno as number;
  return nodes.slice(0, guest.u32(count)).map((place) => {
    const sockaddr = guest.u32(place + 12);
    const data = guest.u32(sockaddr + 8);
    const family = view.getUint8(place + 2);
    assert.is(view.getUint8(sockaddr), family);
    assert.is(guest.u32(sockaddr + 4), family === FAMILY.inet4 ? 14 : 26);
    const bytes = family === FAMILY.inet4 ? guest.bytes(data + 2, 4) : guest.bytes(data + 6, 16);
    return {
      family,
      socktype: view.getUint8(place + 3),
      protocol: view.getUint8(place + 4),
      addrlen: guest.u32(place + 8),
      port: view.getUint16(data),
      address: Buffer.from(bytes).toString("hex"),
      name: guest.string(guest.u32(place + 16), guest.u32(place + 20)),
    };
  });
}

const stream4 = {
  family: FAMILY.inet4,
  socktype: SOCKET_TYPE.stream,
  protocol: TCP,
  addrlen: 16,
  port: 0,
  name: "",
};
const STREAM: Hints = { socktype: SOCKET_TYPE.stream };

test("one entry per address and type, as far as the list has room", () => {
  const box6 = `fd00${"0".repeat(27)}5`;
  assert.equal(query("box.example", "80"), [
    { ...stream4, port: 80, address: "0a010203" },
    { ...stream4, port: 80, address: "0a010203", socktype: SOCKET_TYPE.datagram, protocol: UDP },
    { ...stream4, port: 80, address: box6, family: FAMILY.inet6, addrlen: 28 },
    {
      ...stream4,
      port: 80,
      address: box6,
      family: FAMILY.inet6,
      addrlen: 28,
      socktype: SOCKET_TYPE.datagram,
      protocol: UDP,
    },
  ]);
  assert.equal(query("box.example", "80", {}, 1), [{ ...stream4, port: 80, address: "0a010203" }]);
  assert.is(query("box.example", "80", {}, 0), ERRNO.aiMemory);
});

test("hints choose family, type and protocol", () => {
  assert.equal(query("box", "", { ...STREAM, family: FAMILY.inet4 }), [{ ...stream4, address: "0a010203" }]);
  const six = query("box.example", "", { ...STREAM, family: FAMILY.inet6 }) as Found[];
  assert.equal(
    six.map(({ family }) => family),
    [FAMILY.inet6],
  );
  const udp = query("four", "", { protocol: UDP }) as Found[];
  assert.equal(
    udp.map(({ socktype }) => socktype),
    [SOCKET_TYPE.datagram],
  );
  assert.is(query("four", "", { ...STREAM, protocol: UDP }), SOCKTYPE_MISMATCH);
  assert.is(query("four", "", { family: 3 }), ERRNO.aiFamily);
  assert.is(query("four", "", { protocol: 3 }), ERRNO.nosys);
  assert.is(query("four", "", { flags: 128 }), ERRNO.aiBadflag);
});

test("addresses that are written out need no resolver", () => {
  assert.equal(query("192.0.2.7", "", STREAM), [{ ...stream4, address: "c0000207" }]);
  assert.is(query("192.0.2.7", "", { ...STREAM, family: FAMILY.inet6 }), ERRNO.aiNoname);
  const mapped = query("192.0.2.7", "", {
    ...STREAM,
    family: FAMILY.inet6,
    flags: AIFLAG.v4mapped,
  }) as Found[];
  assert.is(mapped[0]?.address, `${"0".repeat(20)}ffffc0000207`);
  assert.is(query("box", "", { flags: AIFLAG.numerichost }), ERRNO.aiNoname);
});

test("IPv4 addresses mapped, where there are none of IPv6 or all are wanted", () => {
  const hints = { ...STREAM, family: FAMILY.inet6 };
  const of = (node: string, flags: number) =>
    (query(node, "", { ...hints, flags }) as Found[]).map(({ address }) => address.slice(-8));
  assert.equal(of("four", AIFLAG.v4mapped), ["0a090909"]);
  assert.equal(of("box.example", AIFLAG.v4mapped), ["00000005"]);
  assert.equal(of("box.example", AIFLAG.v4mapped | AIFLAG.all), ["00000005", "0a010203"]);
});

test("no name: loopback, or the wildcard to listen on", () => {
  const of = (flags: number) =>
    (query("", "80", { ...STREAM, flags }) as Found[]).map(({ address }) => address);
  assert.equal(of(0), ["7f000001", `${"0".repeat(31)}1`]);
  assert.equal(of(AIFLAG.passive), ["00000000", "0".repeat(32)]);
  assert.is(query("", ""), ERRNO.aiNoname);
  assert.is(query("", "80", { flags: AIFLAG.canonname }), ERRNO.aiBadflag);
});

test("services by number and by name", () => {
  const port = (service: string, hints: Hints = STREAM) => {
    const found = query("127.0.0.1", service, hints);
    return typeof found === "number" ? -found : found[0]?.port;
  };
  assert.is(port("8080"), 8080);
  assert.is(port("web"), 8088);
  assert.is(port("https"), 443);
  assert.is(port("nonsense"), -ERRNO.aiService);
  assert.is(port("web", { socktype: SOCKET_TYPE.datagram }), -ERRNO.aiService);
  assert.is(port("web", { ...STREAM, flags: AIFLAG.numericserv }), -ERRNO.aiNoname);
});

test("the canonical name, where it is asked for", () => {
  assert.equal(query("box", "", { ...STREAM, flags: AIFLAG.canonname }), [
    { ...stream4, address: "0a010203", name: "box.example" },
  ]);
});

test("lists that leave the memory are refused", () => {
  const guest = new Guest({ readText: () => undefined });
  const call = guest.call.sock_getaddrinfo;
  const node = guest.text("127.0.0.1");
  const list = guest.room(4);
  guest.view.setUint32(list, guest.size - 20, true);
  const hints = guest.room(28);
  assert.is(call?.(...node, 0, 0, hints, list, 1, hints), ERRNO.fault);
  assert.is(call?.(guest.size, 9, 0, 0, hints, list, 1, hints), ERRNO.fault);
  assert.is(call?.(...node, 0, 0, guest.size - 8, list, 1, hints), ERRNO.fault);
  assert.is(call?.(...node, 0, 0, hints, guest.size - 2, 1, hints), ERRNO.fault);
  assert.is(call?.(...node, 0, 0, hints, list, 1, guest.size - 2), ERRNO.fault);
});

test.run();
