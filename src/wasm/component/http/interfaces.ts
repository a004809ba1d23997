/** The interfaces of wasi:http. */

import type { ResolverHost } from "../../dns/resolver.ts";
import type { Poller } from "../host/poll.ts";
import type { System } from "../host/system.ts";
import type { HostInterfaces } from "../imports.ts";
import { Client } from "./client.ts";
import type { OutgoingRequest, RequestOptions } from "./messages.ts";
import { typesInterface } from "./types.ts";

export function httpInterfaces(system: System, poller: Poller, names: ResolverHost): HostInterfaces {
  const client = new Client(system, poller, names);
  return {
    "wasi:http/types": typesInterface,
    "wasi:http/outgoing-handler": {
      functions: {
        handle: (request: OutgoingRequest, options: RequestOptions | undefined) =>
          client.handle(request, options),
      },
      resources: typesInterface.resources ?? {},
    },
  };
}
