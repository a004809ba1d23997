/** wasi:sockets/udp and udp-create-socket. */
import type { Scratch } from "../../wasi/scratch.ts";
import type { Call } from "../functions.ts";
import type { HostInterfaces } from "../imports.ts";
import type { ResourceType } from "../resources.ts";
import { type Address, type Family, fromAddress, isUnspecified, toAddress } from "./addresses.ts";
import { onDescriptor, POLLABLE, POLLIN, POLLOUT, type Pollable, type Poller } from "./poll.ts";
import { NETWORK, Socket, socketFunctions } from "./socket.ts";
import { checked, SocketFailure, socketCode, socketResult } from "./socket-errors.ts";
import type { System } from "./system.ts";

const SOCK_DGRAM = 2;
const EAGAIN = -11;
/** Datagrams that one call moves at most. */
const MOST_DATAGRAMS = 16;

class UdpSocket extends Socket {
  state: "unbound" | "binding" | "bound" = "unbound";
  peer: Address | undefined;
}

/** One direction of a socket that is bound. */
interface Datagrams {
  readonly socket: UdpSocket;
  readonly peer: Address | undefined;
  readonly pollable: Pollable;
  readonly close: () => void;
}

const UDP_SOCKET: ResourceType = {
  kind: "resource",
  name: "udp-socket",
  owner: undefined,
  drop: (socket) => (socket as UdpSocket).release(),
};
const direction = (name: string): ResourceType => ({
  kind: "resource",
  name,
  owner: undefined,
  drop: (datagrams) => (datagrams as Datagrams).close(),
});
const INCOMING = direction("incoming-datagram-stream");
const OUTGOING = direction("outgoing-datagram-stream");

export function udpInterfaces(system: System, scratch: Scratch, poller: Poller): HostInterfaces {
  function stream(self: UdpSocket, remote: unknown): [Datagrams, Datagrams] {
    if (self.state !== "bound") throw new SocketFailure("invalid-state");
    const peer = remote === undefined ? undefined : toAddress(remote, self.family);
    if (peer !== undefined && (peer.port === 0 || isUnspecified(peer)))
      throw new SocketFailure("invalid-argument");
    if (peer !== undefined) checked(self.connect(peer));
    self.peer = peer;
    const one = (events: number): Datagrams => ({
      socket: self,
      peer,
      pollable: onDescriptor(self.fd, events),
      close: self.hold(),
    });
    return [one(POLLIN), one(POLLOUT)];
  }

  function receive({ socket, peer }: Datagrams, most: bigint): object[] {
    const found: object[] = [];
    const count = most > MOST_DATAGRAMS ? MOST_DATAGRAMS : Number(most);
    while (found.length < count) {
      const data = system.receiveFrom(socket.fd);
      if (typeof data === "number") {
        if (data !== EAGAIN && found.length === 0) throw new SocketFailure(socketCode(data));
        break;
      }
      found.push({ data, "remote-address": fromAddress(peer ?? socket.named()) });
    }
    return found;
  }

  interface Outgoing {
    readonly data: Uint8Array;
    readonly "remote-address": unknown;
  }

  function send({ socket, peer }: Datagrams, datagrams: readonly Outgoing[]): bigint {
    let sent = 0n;
    for (const { data, "remote-address": remote } of datagrams) {
      const to = remote === undefined ? peer : toAddress(remote, socket.family);
      if (to === undefined) throw new SocketFailure("invalid-argument");
      const result =
        peer === undefined ? system.sendTo(socket.fd, data, to.bytes, to.port) : system.send(socket.fd, data);
      if (result < 0) {
        if (sent > 0n || result === EAGAIN) break;
        throw new SocketFailure(socketCode(result));
      }
      sent++;
    }
    return sent;
  }

  const functions: Record<string, Call> = {
    ...socketFunctions("udp-socket", "unicast-hop-limit"),
    "[method]udp-socket.start-bind": (self: UdpSocket, _network: object, local: unknown) =>
      socketResult(() => {
        if (self.state !== "unbound") throw new SocketFailure("invalid-state");
        self.bind(toAddress(local, self.family));
        self.state = "binding";
      }),
    "[method]udp-socket.finish-bind": (self: UdpSocket) =>
      socketResult(() => {
        if (self.state !== "binding") throw new SocketFailure("not-in-progress");
        self.state = "bound";
      }),
    "[method]udp-socket.stream": (self: UdpSocket, remote: unknown) =>
      socketResult(() => stream(self, remote)),
    "[method]udp-socket.subscribe": (self: UdpSocket) => onDescriptor(self.fd, POLLIN | POLLOUT),
    "[method]incoming-datagram-stream.receive": (self: Datagrams, most: bigint) =>
      socketResult(() => receive(self, most)),
    "[method]incoming-datagram-stream.subscribe": (self: Datagrams) => self.pollable,
    "[method]outgoing-datagram-stream.check-send": (self: Datagrams) =>
      socketResult(() => (poller.ready(self.pollable) ? BigInt(MOST_DATAGRAMS) : 0n)),
    "[method]outgoing-datagram-stream.send": (self: Datagrams, datagrams: readonly Outgoing[]) =>
      socketResult(() => send(self, datagrams)),
    "[method]outgoing-datagram-stream.subscribe": (self: Datagrams) => self.pollable,
  };
  const resources = {
    "udp-socket": UDP_SOCKET,
    "incoming-datagram-stream": INCOMING,
    "outgoing-datagram-stream": OUTGOING,
    network: NETWORK,
    pollable: POLLABLE,
  };
  return {
    "wasi:sockets/udp": { functions, resources },
    "wasi:sockets/udp-create-socket": {
      functions: {
        "create-udp-socket": (family: Family) =>
          socketResult(() => new UdpSocket(system, scratch, Socket.open(system, family, SOCK_DGRAM), family)),
      },
      resources,
    },
  };
}
