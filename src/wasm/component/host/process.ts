/** wasi:cli, wasi:clocks and wasi:random. */
import { KIND_TERMINAL } from "../../../native/wasi.ts";
import { CLOCK } from "../../wasi/constants.ts";
import type { HostInterface, HostInterfaces } from "../imports.ts";
import type { ResourceType } from "../resources.ts";
import { FdInput, FdOutput } from "./fd-streams.ts";
import { POLLABLE, type Pollable, type Poller } from "./poll.ts";
import { INPUT_STREAM, OUTPUT_STREAM } from "./streams.ts";
import { MOST_BYTES, type System } from "./system.ts";

export interface Process {
  readonly args: readonly string[];
  /** "NAME=value". */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly exit: (status: number) => never;
}

const NANOSECONDS = 1_000_000_000n;
const TERMINAL_INPUT: ResourceType = { kind: "resource", name: "terminal-input", owner: undefined };
const TERMINAL_OUTPUT: ResourceType = { kind: "resource", name: "terminal-output", owner: undefined };

function pair(variable: string): [string, string] {
  const at = variable.indexOf("=");
  return at < 0 ? [variable, ""] : [variable.slice(0, at), variable.slice(at + 1)];
}

export function cliInterfaces(system: System, poller: Poller, process: Process): HostInterfaces {
  const { native } = system;
  const kind = (fd: number) => native.kind(fd);
  const isTerminal = (fd: number) => kind(fd) >= 0 && (kind(fd) & KIND_TERMINAL) !== 0;
  // A closed one is an ended stream, and its number is nobody else's.
  const open = (fd: number) => (kind(fd) < 0 ? -1 : fd);
  const output = (fd: number) => new FdOutput(system, poller, open(fd), kind(fd) & ~KIND_TERMINAL);

  const outputOf = (name: string, fd: number): HostInterface => ({
    functions: { [name]: () => output(fd) },
    resources: { "output-stream": OUTPUT_STREAM },
  });
  const terminalOf = (name: string, fd: number): HostInterface => ({
    functions: { [name]: () => (isTerminal(fd) ? { fd } : undefined) },
    resources: { "terminal-input": TERMINAL_INPUT, "terminal-output": TERMINAL_OUTPUT },
  });

  return {
    "wasi:cli/environment": {
      functions: {
        "get-environment": () => process.env.map(pair),
        "get-arguments": () => process.args,
        "initial-cwd": () => process.cwd,
      },
    },
    "wasi:cli/exit": {
      functions: {
        exit: (status: object) => process.exit("error" in status ? 1 : 0),
        "exit-with-code": (status: number) => process.exit(status),
      },
    },
    "wasi:cli/stdin": {
      functions: { "get-stdin": () => new FdInput(system, poller, open(0)) },
      resources: { "input-stream": INPUT_STREAM },
    },
    "wasi:cli/stdout": outputOf("get-stdout", 1),
    "wasi:cli/stderr": outputOf("get-stderr", 2),
    "wasi:cli/terminal-input": { functions: {}, resources: { "terminal-input": TERMINAL_INPUT } },
    "wasi:cli/terminal-output": { functions: {}, resources: { "terminal-output": TERMINAL_OUTPUT } },
    "wasi:cli/terminal-stdin": terminalOf("get-terminal-stdin", 0),
    "wasi:cli/terminal-stdout": terminalOf("get-terminal-stdout", 1),
    "wasi:cli/terminal-stderr": terminalOf("get-terminal-stderr", 2),
  };
}

export function datetime(nanoseconds: bigint): { seconds: bigint; nanoseconds: number } {
  return { seconds: nanoseconds / NANOSECONDS, nanoseconds: Number(nanoseconds % NANOSECONDS) };
}

export function clockInterfaces(system: System): HostInterfaces {
  const now = () => system.time(CLOCK.monotonic);
  const at =
    (deadline: bigint): Pollable =>
    () => ({ clock: CLOCK.monotonic, deadline });
  return {
    "wasi:clocks/monotonic-clock": {
      functions: {
        now,
        resolution: () => system.resolution(CLOCK.monotonic),
        "subscribe-instant": at,
        "subscribe-duration": (duration: bigint) => at(BigInt.asUintN(64, now() + duration)),
      },
      resources: { pollable: POLLABLE },
    },
    "wasi:clocks/wall-clock": {
      functions: {
        now: () => datetime(system.time(CLOCK.realtime)),
        resolution: () => datetime(system.resolution(CLOCK.realtime)),
      },
    },
  };
}

export function randomInterfaces(system: System): HostInterfaces {
  function bytes(length: bigint): Uint8Array {
    const all = new Uint8Array(Number(length));
    for (let at = 0; at < all.length; at += MOST_BYTES)
      all.set(system.random(Math.min(MOST_BYTES, all.length - at)), at);
    return all;
  }
  const long = () => new DataView(system.random(8).buffer).getBigUint64(0, true);
  return {
    "wasi:random/random": { functions: { "get-random-bytes": bytes, "get-random-u64": long } },
    "wasi:random/insecure": {
      functions: { "get-insecure-random-bytes": bytes, "get-insecure-random-u64": long },
    },
    "wasi:random/insecure-seed": { functions: { "insecure-seed": () => [long(), long()] } },
  };
}
