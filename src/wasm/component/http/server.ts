/**
 * A server of HTTP/1.1 for a component that exports wasi:http/incoming-handler. The component's function is a
 * synchronous one, so requests are handled one after the other; connections wait their turn.
 */

import { errnoText } from "../../../errors.ts";
import { processes } from "../../../native/process.ts";
import { EngineError } from "../../failure.ts";
import { onDescriptor, POLLIN, type Poller } from "../host/poll.ts";
import { StreamFailure } from "../host/streams.ts";
import type { System } from "../host/system.ts";
import { Connection } from "./connection.ts";
import { Exchange, failure } from "./exchange.ts";
import { HttpError, readRequestHead } from "./head.ts";
import type { IncomingRequest, ResponseOut } from "./messages.ts";

/** Calls the component; whether it came to its end. */
export type Handler = (request: IncomingRequest, response: ResponseOut) => boolean;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const O_NONBLOCK = 0o4000;
const BACKLOG = 1024;
/** Connections that are open at a time; the others wait to be accepted. */
const MOST_CONNECTIONS = 512;
/** Nanoseconds for which a connection may be idle, or be in the middle of a request's head. */
const PATIENCE = 60e9;
/** Nanoseconds for which a peer may not read. */
const READ_PATIENCE = 30e9;
const MONOTONIC = 1;

interface Waiting {
  readonly connection: Connection;
  /** Nanoseconds of the monotonic clock at which it is given up. */
  deadline: number;
}

/** A socket bound to the port, on all addresses of the container. Throws an EngineError. */
export function bindPort(system: System, port: number): number {
  const { native } = system;
  let fd = native.socket(AF_INET6, SOCK_STREAM);
  const six = fd >= 0;
  if (!six) fd = native.socket(AF_INET, SOCK_STREAM);
  if (fd >= 0) {
    native.setFlags(fd, O_NONBLOCK);
    native.setNumberAt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (six) native.setNumberAt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  }
  const any = new Uint8Array(six ? 16 : 4);
  const result = fd < 0 ? fd : system.withAddress(any, (at, length) => native.bind(fd, at, length, port));
  if (result < 0) {
    throw new EngineError(`can't serve HTTP on port ${port}: ${errnoText(processes().errnoName(-result))}`);
  }
  return fd;
}

export class Server {
  readonly #system: System;
  readonly #poller: Poller;
  readonly #socket: number;
  readonly #handle: Handler;
  readonly #waiting = new Map<number, Waiting>();

  constructor(system: System, poller: Poller, socket: number, handle: Handler) {
    this.#system = system;
    this.#poller = poller;
    this.#socket = socket;
    this.#handle = handle;
  }

  listen(): void {
    this.#system.native.listen(this.#socket, BACKLOG);
  }

  /** Until a signal ends the process. */
  serve(): never {
    const listener = onDescriptor(this.#socket, POLLIN);
    for (;;) {
      const waiting = [...this.#waiting.values()];
      const accepting = waiting.length < MOST_CONNECTIONS;
      const pollables = waiting.map(({ connection }) => connection.readable);
      const ready = this.#poller.wait(
        accepting ? [...pollables, listener] : pollables,
        this.#patience(waiting),
      );
      for (const index of ready) {
        const entry = waiting[index];
        if (entry === undefined) this.#accept();
        else this.#receive(entry);
      }
      this.#giveUp(waiting);
    }
  }

  #now(): number {
    return Number(this.#system.time(MONOTONIC));
  }

  #patience(waiting: readonly Waiting[]): number {
    if (waiting.length === 0) return -1;
    return Math.max(0, Math.min(...waiting.map(({ deadline }) => deadline)) - this.#now());
  }

  #accept(): void {
    while (this.#waiting.size < MOST_CONNECTIONS) {
      const fd = this.#system.native.accept(this.#socket, true, true);
      if (fd < 0) return;
      const connection = new Connection(this.#system, this.#poller, fd);
      this.#waiting.set(fd, { connection, deadline: this.#now() + PATIENCE });
    }
  }

  #giveUp(waiting: readonly Waiting[]): void {
    const now = this.#now();
    for (const { connection, deadline } of waiting) if (deadline <= now) this.#close(connection);
  }

  #close(connection: Connection): void {
    this.#waiting.delete(connection.fd);
    connection.close();
  }

  /** What has come on a connection: nothing, its end, a part of a request, or several. */
  #receive(entry: Waiting): void {
    const { connection } = entry;
    connection.fill();
    let handled = 0;
    try {
      while (connection.buffered.length > 0 && this.#request(connection)) handled++;
    } catch (error) {
      if (!(error instanceof HttpError) && !(error instanceof StreamFailure)) throw error;
      if (error instanceof HttpError) connection.queue(failure(error.status, false));
      connection.drain(READ_PATIENCE);
      connection.ended = true;
    }
    if (connection.ended) this.#close(connection);
    else if (handled > 0) entry.deadline = this.#now() + PATIENCE;
  }

  /** Handles a request; false while it is not all there. */
  #request(connection: Connection): boolean {
    const head = readRequestHead(connection.buffered);
    if (head === undefined) return false;
    connection.take(head.end);
    const exchange = new Exchange(connection, head);
    const ended = this.#handle(exchange.request, exchange);
    const persistent = exchange.end() && ended;
    connection.drain(READ_PATIENCE);
    if (!persistent) connection.ended = true;
    return persistent;
  }
}
