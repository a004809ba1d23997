/** wasi:sockets/ip-name-lookup, network and instance-network. */
import { parseIpv4, parseIpv6 } from "../../dns/ip.ts";
import { type Resolution, type ResolverHost, resolve } from "../../dns/resolver.ts";
import type { HostInterfaces } from "../imports.ts";
import type { ResourceType } from "../resources.ts";
import { fromIp } from "./addresses.ts";
import { POLLABLE, READY } from "./poll.ts";
import { NETWORK } from "./socket.ts";
import { socketCode } from "./socket-errors.ts";
import { ERROR, type IoError } from "./streams.ts";

const STREAM: ResourceType = { kind: "resource", name: "resolve-address-stream", owner: undefined };

const FAILURES: Readonly<Record<Exclude<Resolution["kind"], "found">, string>> = {
  none: "name-unresolvable",
  again: "temporary-resolver-failure",
  failed: "permanent-resolver-failure",
};

/** The addresses that are still to be told, or why there are none. */
interface Lookup {
  readonly left: Uint8Array[];
  readonly error?: string;
}

function look(host: ResolverHost, name: string): Lookup {
  const written = parseIpv4(name) ?? parseIpv6(name);
  if (written !== undefined) return { left: [written] };
  const found = resolve(host, name, [6, 4]);
  return found.kind === "found" ? { left: [...found.addresses] } : { left: [], error: FAILURES[found.kind] };
}

export function networkInterfaces(host: ResolverHost): HostInterfaces {
  return {
    "wasi:sockets/instance-network": {
      functions: { "instance-network": () => NETWORK },
      resources: { network: NETWORK },
    },
    "wasi:sockets/network": {
      functions: {
        "network-error-code": ({ errno }: IoError) => (errno === undefined ? undefined : socketCode(-errno)),
      },
      resources: { network: NETWORK, error: ERROR },
    },
    "wasi:sockets/ip-name-lookup": {
      functions: {
        "resolve-addresses": (_network: object, name: string) =>
          name === "" ? { error: "invalid-argument" } : { ok: look(host, name) },
        "[method]resolve-address-stream.resolve-next-address": ({ left, error }: Lookup) => {
          const next = left.shift();
          return next === undefined && error !== undefined
            ? { error }
            : { ok: next === undefined ? undefined : fromIp(next) };
        },
        "[method]resolve-address-stream.subscribe": () => READY,
      },
      resources: { "resolve-address-stream": STREAM, network: NETWORK, pollable: POLLABLE },
    },
  };
}
