/** sock_getaddrinfo of WasmEdge: names and services to addresses. */
import { lookupService } from "../dns/files.ts";
import { mapped, parseIpv4, parseIpv6 } from "../dns/ip.ts";
import { type Resolution, resolve } from "../dns/resolver.ts";
import { type AddressInfo, AIFLAG, AIFLAGS_ALL, fillNode, type Hints, readHints } from "./addrinfo.ts";
import { FAMILY, SOCKET_TYPE } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import type { Group, Host } from "./host.ts";

/** WasmEdge's protocols, not IANA's. */
const PROTOCOL = { any: 0, tcp: 1, udp: 2 } as const;
const SOCKTYPES = [
  { socktype: SOCKET_TYPE.stream, protocol: PROTOCOL.tcp, name: "tcp" },
  { socktype: SOCKET_TYPE.datagram, protocol: PROTOCOL.udp, name: "udp" },
] as const;

const FAILURES: Readonly<Record<Exclude<Resolution["kind"], "found">, number>> = {
  none: ERRNO.aiNoname,
  again: ERRNO.aiAgain,
  failed: ERRNO.aiFail,
};

/** Addresses of documentation (RFC 5737, RFC 3849): nothing is sent there, only a route to them is looked for. */
const ANYWHERE4 = Uint8Array.of(192, 0, 2, 1);
const ANYWHERE6 = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

interface Named {
  readonly canonname: string;
  readonly addresses: readonly Uint8Array[];
}

export function getaddrinfoFunctions(host: Host): Group {
  /** Text up to its NUL; undefined outside the memory. */
  function text(at: number, length: number): string | undefined {
    if (!host.inside(at, length)) return undefined;
    const bytes = host.bytes.subarray(at, at + length);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }

  function wants(hints: Hints): (4 | 6)[] {
    const families: (4 | 6)[] =
      hints.family === FAMILY.inet4 ? [4] : hints.family === FAMILY.inet6 ? [6] : [4, 6];
    if ((hints.flags & AIFLAG.addrconfig) === 0) return families;
    return families.filter((family) => host.native.hasRoute(family === 4 ? ANYWHERE4 : ANYWHERE6) === 0);
  }

  /** An address written out, or the wildcard or loopback for no name at all; undefined for a name. */
  function literal(node: string, hints: Hints): Named | undefined {
    if (node === "") {
      const passive = (hints.flags & AIFLAG.passive) !== 0;
      const both = [Uint8Array.of(passive ? 0 : 127, 0, 0, passive ? 0 : 1), new Uint8Array(16)] as const;
      if (!passive) both[1][15] = 1;
      const families = wants(hints);
      return { canonname: "", addresses: families.map((family) => both[family === 4 ? 0 : 1]) };
    }
    const address = parseIpv4(node) ?? parseIpv6(node);
    if (address === undefined) return undefined;
    if (address.length === 4 && hints.family === FAMILY.inet6) {
      const map = (hints.flags & AIFLAG.v4mapped) !== 0;
      return { canonname: node, addresses: map ? [mapped(address)] : [] };
    }
    const other = address.length === 16 && hints.family === FAMILY.inet4;
    return { canonname: node, addresses: other ? [] : [address] };
  }

  function lookup(node: string, hints: Hints): Named | number {
    const written = literal(node, hints);
    if (written !== undefined) return written.addresses.length > 0 ? written : ERRNO.aiNoname;
    if ((hints.flags & AIFLAG.numerichost) !== 0) return ERRNO.aiNoname;
    const families = wants(hints);
    if (families.length === 0) return ERRNO.aiNoname;
    const result = resolve(host, node, families);
    const map = hints.family === FAMILY.inet6 && (hints.flags & AIFLAG.v4mapped) !== 0;
    if (map && (result.kind !== "found" || (hints.flags & AIFLAG.all) !== 0)) {
      const old = resolve(host, node, [4]);
      if (old.kind === "found") {
        const own = result.kind === "found" ? result.addresses : [];
        return { canonname: old.canonical, addresses: [...own, ...old.addresses.map(mapped)] };
      }
    }
    if (result.kind !== "found") return FAILURES[result.kind];
    return { canonname: result.canonical, addresses: result.addresses };
  }

  /** One entry per address and type, as the hints allow; or an errno. */
  function find(node: string, service: string, hints: Hints): AddressInfo[] | number {
    const types = SOCKTYPES.filter(
      ({ socktype, protocol }) =>
        (hints.socktype === SOCKET_TYPE.any || hints.socktype === socktype) &&
        (hints.protocol === PROTOCOL.any || hints.protocol === protocol),
    );
    if (types.length === 0) return ERRNO.aiSocktype;
    const numeric = /^\d{1,5}$/.test(service) && Number(service) <= 65535;
    if (service !== "" && !numeric && (hints.flags & AIFLAG.numericserv) !== 0) return ERRNO.aiNoname;
    const ports = types.flatMap((type) => {
      const port =
        service === "" ? 0 : numeric ? Number(service) : lookupService(services(), service, type.name);
      return port === undefined ? [] : [{ ...type, port }];
    });
    if (ports.length === 0) return ERRNO.aiService;
    const named = lookup(node, hints);
    if (typeof named === "number") return named;
    const asked = (hints.flags & AIFLAG.canonname) !== 0;
    return named.addresses.flatMap((address) =>
      ports.map(({ socktype, protocol, port }) => ({
        address,
        port,
        flags: hints.flags,
        socktype,
        protocol,
        canonname: asked ? named.canonname : "",
      })),
    );
  }

  let servicesText: string | undefined;
  function services(): string {
    servicesText ??= host.readText("/etc/services") ?? "";
    return servicesText;
  }

  function refuse(node: string, service: string, hints: Hints): number {
    if ((hints.flags & ~AIFLAGS_ALL) !== 0) return ERRNO.aiBadflag;
    if ((hints.flags & AIFLAG.canonname) !== 0 && node === "") return ERRNO.aiBadflag;
    if (hints.family > FAMILY.inet6) return ERRNO.aiFamily;
    if (hints.protocol > PROTOCOL.udp || hints.socktype > SOCKET_TYPE.stream) return ERRNO.nosys;
    return node === "" && service === "" ? ERRNO.aiNoname : ERRNO.success;
  }

  return {
    sock_getaddrinfo(
      nodeAt: number,
      nodeLength: number,
      serviceAt: number,
      serviceLength: number,
      hintsAt: number,
      listAt: number,
      most: number,
      countAt: number,
    ): number {
      host.sync();
      const node = text(nodeAt >>> 0, nodeLength >>> 0);
      const service = text(serviceAt >>> 0, serviceLength >>> 0);
      const hints = readHints(host, hintsAt >>> 0);
      const list = listAt >>> 0;
      const count = countAt >>> 0;
      if (node === undefined || service === undefined || hints === undefined) return ERRNO.fault;
      if (!host.inside(list, 4) || !host.inside(count, 4)) return ERRNO.fault;
      const refused = refuse(node, service, hints);
      if (refused !== ERRNO.success) return refused;
      if (most >>> 0 === 0) return ERRNO.aiMemory;

      const found = find(node, service, hints);
      if (typeof found === "number") return found;
      let at = host.view.getUint32(list, true);
      const filled = found.slice(0, most >>> 0);
      for (const info of filled) {
        const next = fillNode(host, at, info);
        if (next === undefined) return ERRNO.fault;
        at = next;
      }
      host.view.setUint32(count, filled.length, true);
      return ERRNO.success;
    },
  };
}
