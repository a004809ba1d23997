/** /etc/hosts, /etc/resolv.conf and /etc/services, as far as names are resolved from them. */
import { parseIp } from "./ip.ts";

/** Lines without comments, as words. */
function lines(text: string, comments: RegExp): string[][] {
  return text
    .split("\n")
    .map((line) => line.replace(comments, "").trim())
    .filter((line) => line !== "")
    .map((line) => line.split(/\s+/));
}

export interface HostEntry {
  readonly addresses: Uint8Array[];
  /** The first name of the first line that has the name. */
  readonly canonical: string;
}

/** hosts(5): all addresses that a name stands beside. Names have no case. */
export function lookupHosts(text: string, name: string): HostEntry | undefined {
  const wanted = name.toLowerCase();
  const found = lines(text, /#.*/).flatMap(([address = "", ...names]) => {
    const bytes = parseIp(address);
    const here = names.some((other) => other.toLowerCase() === wanted);
    return bytes !== undefined && here ? [{ bytes, canonical: names[0] as string }] : [];
  });
  const [first] = found;
  return first && { addresses: found.map(({ bytes }) => bytes), canonical: first.canonical };
}

export interface ResolverConfig {
  readonly servers: readonly Uint8Array[];
  /** Domains to try a name in. */
  readonly search: readonly string[];
  /** A name with so many dots is tried as it is first. */
  readonly ndots: number;
  /** Milliseconds for one question to one server. */
  readonly timeout: number;
  /** Rounds through the servers. */
  readonly attempts: number;
}

/** resolv.conf(5): no more servers than this are asked. */
const MOST_SERVERS = 3;
const MOST_DOTS = 15;
const MOST_SECONDS = 30;
const MOST_ATTEMPTS = 5;

function option(options: readonly string[], name: string, fallback: number, most: number): number {
  const value = options.findLast((word) => word.startsWith(`${name}:`))?.slice(name.length + 1);
  return value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value), most) : fallback;
}

/** resolv.conf(5). Without a server it is the one of this host. */
export function parseResolvConf(text: string): ResolverConfig {
  const entries = lines(text, /(^|\s)[#;].*/);
  const named = (key: string) => entries.filter(([word]) => word === key).map(([, ...values]) => values);
  const servers = named("nameserver").flatMap(([address = ""]) => parseIp(address) ?? []);
  // `domain` is the older word for a list of one; the last of both counts.
  const last = entries.findLast(([word]) => word === "search" || word === "domain");
  const options = named("options").flat();
  return {
    servers: servers.length === 0 ? [Uint8Array.of(127, 0, 0, 1)] : servers.slice(0, MOST_SERVERS),
    search: (last?.slice(1) ?? []).filter((domain) => domain !== "."),
    ndots: option(options, "ndots", 1, MOST_DOTS),
    timeout: Math.max(1, option(options, "timeout", 5, MOST_SECONDS)) * 1000,
    attempts: Math.max(1, option(options, "attempts", 2, MOST_ATTEMPTS)),
  };
}

/** What images without /etc/services still know (IANA's registry). */
const WELL_KNOWN: ReadonlyMap<string, number> = new Map([
  ["domain", 53],
  ["ftp", 21],
  ["http", 80],
  ["https", 443],
  ["ntp", 123],
  ["smtp", 25],
  ["ssh", 22],
]);

/** services(5): the port of a service, by name or alias; `protocol` undefined takes either. */
export function lookupService(
  text: string | undefined,
  name: string,
  protocol: "tcp" | "udp" | undefined,
): number | undefined {
  for (const [official, port = "", ...aliases] of lines(text ?? "", /#.*/)) {
    const [number, over] = port.split("/");
    if (official !== name && !aliases.includes(name)) continue;
    if (protocol === undefined || over === protocol) return Number(number);
  }
  return WELL_KNOWN.get(name);
}
