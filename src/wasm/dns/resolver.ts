/**
 * Names to addresses, from /etc/hosts and the servers of /etc/resolv.conf, both the container's. glibc's
 * resolver would read nsswitch.conf and load modules out of the container's file system into the engine.
 */
import type { WasiNative } from "../../native/wasi.ts";
import { lookupHosts, parseResolvConf, type ResolverConfig } from "./files.ts";
import { type Answer, decodeAnswer, encodeQuery, TYPE } from "./message.ts";

export type Resolution =
  | { readonly kind: "found"; readonly canonical: string; readonly addresses: readonly Uint8Array[] }
  /** No such name, or none with such an address. */
  | { readonly kind: "none" }
  /** No server answered. */
  | { readonly kind: "again" }
  /** A server said that it can't. */
  | { readonly kind: "failed" };

export interface ResolverHost {
  readonly native: Pick<WasiNative, "dnsExchange">;
  readonly readText: (path: string) => string | undefined;
}

const PORT = 53;
const MOST_ANSWER = 65535;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
const LOOPBACK4 = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** `families`: which of 4 and 6, in the order of the result. */
export function resolve(host: ResolverHost, name: string, families: readonly (4 | 6)[]): Resolution {
  const sizes = families.map((family) => (family === 4 ? 4 : 16));
  const ordered = (addresses: readonly Uint8Array[]) =>
    sizes.flatMap((size) => addresses.filter(({ length }) => length === size));

  const entry = lookupHosts(host.readText("/etc/hosts") ?? "", name);
  if (entry !== undefined) {
    const addresses = ordered(entry.addresses);
    if (addresses.length > 0) return { kind: "found", canonical: entry.canonical, addresses };
  }
  // RFC 6761, 6.3: the name is never asked of a server. Images FROM scratch have no /etc/hosts to say it.
  if (/^(.+\.)?localhost\.?$/i.test(name)) {
    return { kind: "found", canonical: name, addresses: ordered([LOOPBACK4, LOOPBACK6]) };
  }
  return ask(host, name, families);
}

function ask(host: ResolverHost, name: string, families: readonly (4 | 6)[]): Resolution {
  const config = parseResolvConf(host.readText("/etc/resolv.conf") ?? "");
  let worst: Resolution = { kind: "none" };
  for (const candidate of candidates(name, config)) {
    const answers = families.map((family) =>
      query(host, config, candidate, family === 4 ? TYPE.a : TYPE.aaaa),
    );
    const addresses = answers.flatMap((answer) => (typeof answer === "string" ? [] : answer.addresses));
    const first = answers.find((answer) => typeof answer !== "string" && answer.addresses.length > 0);
    if (typeof first === "object") return { kind: "found", canonical: first.canonical, addresses };
    if (answers.includes("again")) return { kind: "again" };
    if (answers.includes("failed")) worst = { kind: "failed" };
  }
  return worst;
}

/** resolv.conf(5), search: in which order a name is completed. A name that ends in a dot is complete. */
export function candidates(name: string, config: Pick<ResolverConfig, "search" | "ndots">): string[] {
  if (name.endsWith(".")) return [name];
  const completed = config.search.map((domain) => `${name}.${domain.replace(/\.$/, "")}`);
  const dots = name.split(".").length - 1;
  return dots >= config.ndots ? [name, ...completed] : [...completed, name];
}

/** One question to all servers in turn, until one has an answer. */
function query(
  host: ResolverHost,
  config: ResolverConfig,
  name: string,
  type: number,
): Answer | "again" | "failed" {
  const id = crypto.getRandomValues(new Uint16Array(1))[0] as number;
  const question = encodeQuery(id, name, type);
  if (question === undefined) return { code: NO_SUCH_NAME, truncated: false, canonical: name, addresses: [] };
  const buffer = new Uint8Array(MOST_ANSWER + 2);
  let outcome: "again" | "failed" = "again";
  for (let attempt = 0; attempt < config.attempts; attempt++) {
    for (const server of config.servers) {
      for (const tcp of [false, true]) {
        const length = host.native.dnsExchange(server, PORT, tcp, question, buffer, config.timeout);
        const answer = length < 0 ? undefined : decodeAnswer(buffer.subarray(0, length), id, name, type);
        if (answer === undefined) break;
        // Over TCP there is room for all of it.
        if (answer.truncated && !tcp) continue;
        if (answer.code === NO_ERROR || answer.code === NO_SUCH_NAME) return answer;
        outcome = "failed";
        break;
      }
    }
  }
  return outcome;
}
