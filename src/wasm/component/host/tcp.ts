/** wasi:sockets/tcp and tcp-create-socket. */
import { FILETYPE } from "../../wasi/constants.ts";
import type { Scratch } from "../../wasi/scratch.ts";
import type { Call } from "../functions.ts";
import type { HostInterface, HostInterfaces } from "../imports.ts";
import type { ResourceType } from "../resources.ts";
import { type Address, type Family, isUnspecified, toAddress } from "./addresses.ts";
import { FdInput, FdOutput } from "./fd-streams.ts";
import { POLLABLE, POLLIN, POLLOUT, type Pollable, type Poller } from "./poll.ts";
import { NETWORK, Socket, socketFunctions } from "./socket.ts";
import { checked, SocketFailure, socketCode, socketResult } from "./socket-errors.ts";
import { INPUT_STREAM, OUTPUT_STREAM } from "./streams.ts";
import type { System } from "./system.ts";

const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_KEEPALIVE = 9;
const IPPROTO_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const EINPROGRESS = -115;
const BACKLOG = 128;
const NANOSECONDS = 1_000_000_000n;
const HOW = ["receive", "send", "both"];

type State =
  | "unbound"
  | "binding"
  | "bound"
  | "connecting"
  | "connected"
  | "starting"
  | "listening"
  | "closed";

class TcpSocket extends Socket {
  state: State = "unbound";
  backlog = BACKLOG;
  /** Of connect(2), told when it is finished. */
  failed = 0;

  expect(...states: State[]): void {
    if (!states.includes(this.state)) {
      throw new SocketFailure(
        this.state.endsWith("ing") && this.state !== "listening" ? "concurrency-conflict" : "invalid-state",
      );
    }
  }

  /** The second half of an operation, without its first. */
  finishing(state: State): void {
    if (this.state !== state) throw new SocketFailure("not-in-progress");
  }

  readonly pollable: Pollable = () => {
    if (this.state === "listening") return { fd: this.fd, events: POLLIN };
    return this.state === "connecting" && this.failed === 0 ? { fd: this.fd, events: POLLOUT } : {};
  };
}

const TCP_SOCKET: ResourceType = {
  kind: "resource",
  name: "tcp-socket",
  owner: undefined,
  drop: (socket) => (socket as TcpSocket).release(),
};

export function tcpInterfaces(system: System, scratch: Scratch, poller: Poller): HostInterfaces {
  const { native } = system;

  function streams(socket: TcpSocket): [FdInput, FdOutput] {
    return [
      new FdInput(system, poller, socket.fd, socket.hold()),
      new FdOutput(system, poller, socket.fd, FILETYPE.socketStream, socket.hold()),
    ];
  }

  function startConnect(self: TcpSocket, to: Address): void {
    if (to.port === 0 || isUnspecified(to)) throw new SocketFailure("invalid-argument");
    const result = self.connect(to);
    // What fails at once is told by finish-connect all the same.
    self.failed = result < 0 && result !== EINPROGRESS ? result : 0;
    self.state = "connecting";
  }

  function finishConnect(self: TcpSocket): unknown {
    self.finishing("connecting");
    if (self.failed === 0 && !poller.ready(self.pollable)) throw new SocketFailure("would-block");
    const error = self.failed === 0 ? -checked(native.numberAt(self.fd, SOL_SOCKET, SO_ERROR)) : self.failed;
    self.state = error < 0 ? "closed" : "connected";
    if (error < 0) throw new SocketFailure(socketCode(error));
    return streams(self);
  }

  function accept(self: TcpSocket): unknown {
    if (self.state !== "listening") throw new SocketFailure("invalid-state");
    const fd = checked(native.accept(self.fd, true, false));
    const socket = new TcpSocket(system, scratch, fd, self.family);
    socket.state = "connected";
    return [socket, ...streams(socket)];
  }

  /** An option, its getter and its setter; times are whole seconds to the kernel. */
  const option = (
    name: string,
    level: number,
    number: number,
    unit: bigint,
    most: bigint,
  ): Record<string, Call> => ({
    [`[method]tcp-socket.${name}`]: (self: TcpSocket) =>
      socketResult(() => {
        const value = self.number(level, number);
        return unit === 1n ? value : BigInt(value) * unit;
      }),
    [`[method]tcp-socket.set-${name}`]: (self: TcpSocket, value: bigint | number) =>
      socketResult(() => self.setNumber(level, number, (BigInt(value) + unit - 1n) / unit, most)),
  });

  const functions: Record<string, Call> = {
    ...socketFunctions("tcp-socket", "hop-limit"),
    "[method]tcp-socket.start-bind": (self: TcpSocket, _network: object, local: unknown) =>
      socketResult(() => {
        self.expect("unbound");
        const address = toAddress(local, self.family);
        native.setNumberAt(self.fd, SOL_SOCKET, SO_REUSEADDR, 1);
        self.bind(address);
        self.state = "binding";
      }),
    "[method]tcp-socket.finish-bind": (self: TcpSocket) =>
      socketResult(() => {
        self.finishing("binding");
        self.state = "bound";
      }),
    "[method]tcp-socket.start-connect": (self: TcpSocket, _network: object, remote: unknown) =>
      socketResult(() => {
        self.expect("unbound", "bound");
        startConnect(self, toAddress(remote, self.family));
      }),
    "[method]tcp-socket.finish-connect": (self: TcpSocket) => socketResult(() => finishConnect(self)),
    "[method]tcp-socket.start-listen": (self: TcpSocket) =>
      socketResult(() => {
        self.expect("bound");
        checked(native.listen(self.fd, self.backlog));
        self.state = "starting";
      }),
    "[method]tcp-socket.finish-listen": (self: TcpSocket) =>
      socketResult(() => {
        self.finishing("starting");
        self.state = "listening";
      }),
    "[method]tcp-socket.accept": (self: TcpSocket) => socketResult(() => accept(self)),
    "[method]tcp-socket.is-listening": (self: TcpSocket) => self.state === "listening",
    "[method]tcp-socket.set-listen-backlog-size": (self: TcpSocket, size: bigint) =>
      socketResult(() => {
        if (size === 0n) throw new SocketFailure("invalid-argument");
        self.backlog = Number(size > 4096n ? 4096n : size);
        if (self.state === "listening") checked(native.listen(self.fd, self.backlog));
      }),
    "[method]tcp-socket.keep-alive-enabled": (self: TcpSocket) =>
      socketResult(() => self.number(SOL_SOCKET, SO_KEEPALIVE) !== 0),
    "[method]tcp-socket.set-keep-alive-enabled": (self: TcpSocket, on: boolean) =>
      socketResult(() => void checked(native.setNumberAt(self.fd, SOL_SOCKET, SO_KEEPALIVE, Number(on)))),
    ...option("keep-alive-idle-time", IPPROTO_TCP, TCP_KEEPIDLE, NANOSECONDS, 32767n),
    ...option("keep-alive-interval", IPPROTO_TCP, TCP_KEEPINTVL, NANOSECONDS, 32767n),
    ...option("keep-alive-count", IPPROTO_TCP, TCP_KEEPCNT, 1n, 127n),
    "[method]tcp-socket.subscribe": (self: TcpSocket) => self.pollable,
    "[method]tcp-socket.shutdown": (self: TcpSocket, how: string) =>
      socketResult(() => {
        if (self.state !== "connected") throw new SocketFailure("invalid-state");
        checked(native.shutdown(self.fd, HOW.indexOf(how)));
      }),
  };

  const resources = {
    "tcp-socket": TCP_SOCKET,
    network: NETWORK,
    pollable: POLLABLE,
    "input-stream": INPUT_STREAM,
    "output-stream": OUTPUT_STREAM,
  };
  const create: HostInterface = {
    functions: {
      "create-tcp-socket": (family: Family) =>
        socketResult(() => new TcpSocket(system, scratch, Socket.open(system, family, SOCK_STREAM), family)),
    },
    resources,
  };
  return { "wasi:sockets/tcp": { functions, resources }, "wasi:sockets/tcp-create-socket": create };
}
