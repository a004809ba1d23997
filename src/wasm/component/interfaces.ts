/** All interfaces that the host offers to components, and what they are made on. */
import type { WasiNative } from "../../native/wasi.ts";
import { readText } from "../surroundings.ts";
import { Scratch } from "../wasi/scratch.ts";
import { filesystemInterfaces, type Preopened } from "./host/filesystem.ts";
import { networkInterfaces } from "./host/names.ts";
import { Poller, pollInterface } from "./host/poll.ts";
import { cliInterfaces, clockInterfaces, type Process, randomInterfaces } from "./host/process.ts";
import { errorInterface, streamsInterface } from "./host/streams.ts";
import { System } from "./host/system.ts";
import { tcpInterfaces } from "./host/tcp.ts";
import { udpInterfaces } from "./host/udp.ts";
import { httpInterfaces } from "./http/interfaces.ts";
import type { HostInterfaces } from "./imports.ts";

export interface World {
  readonly system: System;
  readonly poller: Poller;
  readonly interfaces: HostInterfaces;
}

/** `preopens` is asked when the component asks: they are opened when the root is the container's. */
export function allInterfaces(
  native: WasiNative,
  process: Process,
  preopens: () => readonly Preopened[],
): World {
  const system = new System(native);
  const poller = new Poller(system);
  const scratch = new Scratch(native);
  const names = { native, readText };
  const interfaces: HostInterfaces = {
    "wasi:io/error": errorInterface,
    "wasi:io/poll": pollInterface(poller),
    "wasi:io/streams": streamsInterface(poller),
    ...cliInterfaces(system, poller, process),
    ...clockInterfaces(system),
    ...randomInterfaces(system),
    ...filesystemInterfaces(system, poller, preopens),
    ...networkInterfaces(names),
    ...tcpInterfaces(system, scratch, poller),
    ...udpInterfaces(system, scratch, poller),
    ...httpInterfaces(system, poller, names),
  };
  return { system, poller, interfaces };
}
