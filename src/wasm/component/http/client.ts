/** wasi:http/outgoing-handler: requests that a component makes, by HTTP/1.1 on the container's network. */
import { parseIpv4, parseIpv6 } from "../../dns/ip.ts";
import { type ResolverHost, resolve } from "../../dns/resolver.ts";
import type { Poller, Wait } from "../host/poll.ts";
import { StreamFailure } from "../host/streams.ts";
import type { System } from "../host/system.ts";
import { BodyReader, BodyWriter } from "./bodies.ts";
import { Connection } from "./connection.ts";
import { declaredLength, type Field, Fields, isForbidden } from "./fields.ts";
import { type Framing, HttpError, readResponseHead, text, writeHead } from "./head.ts";
import {
  type ErrorCode,
  IncomingBody,
  type IncomingResponse,
  internalError,
  methodName,
  type OutgoingRequest,
  type RequestOptions,
} from "./messages.ts";
import type { FutureResponse } from "./types.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const O_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const EINPROGRESS = -115;
const POLLOUT = 4;
const MONOTONIC = 1;
const HTTP_PORT = 80;
const CONTINUE = 100;

/** Why there is no response. */
class Failed extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(code.tag);
    this.code = code;
  }
}

/** By Linux' errno. */
const CODES: Readonly<Record<number, string>> = {
  104: "connection-terminated",
  110: "connection-timeout",
  111: "connection-refused",
  113: "destination-unavailable",
  101: "destination-unavailable",
};

const connectCode = (result: number): ErrorCode => ({ tag: CODES[-result] ?? "destination-unavailable" });

/** A host and a port out of an authority; IPv6 addresses stand in brackets. */
export function splitAuthority(authority: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:@[\]]+))(?::(\d{1,5}))?$/.exec(authority);
  if (match === null) return undefined;
  const port = match[3] === undefined ? HTTP_PORT : Number(match[3]);
  return port > 65535 ? undefined : { host: match[1] ?? match[2] ?? "", port };
}

export class Client {
  readonly #system: System;
  readonly #poller: Poller;
  readonly #names: ResolverHost;

  constructor(system: System, poller: Poller, names: ResolverHost) {
    this.#system = system;
    this.#poller = poller;
    this.#names = names;
  }

  /** Begins a request. */
  handle(request: OutgoingRequest, options: RequestOptions | undefined): unknown {
    try {
      return { ok: this.#begin(request, options ?? {}) };
    } catch (error) {
      if (error instanceof Failed) return { error: error.code };
      throw error;
    }
  }

  #begin(request: OutgoingRequest, options: RequestOptions): Pending {
    const scheme = request.scheme?.tag ?? "HTTPS";
    // There is no TLS in this host: better an error than a request in the clear.
    if (scheme !== "HTTP")
      throw new Failed(internalError(`the scheme ${scheme} is not supported, only HTTP`));
    const to = splitAuthority(request.authority ?? "");
    if (to === undefined) throw new Failed({ tag: "HTTP-request-URI-invalid" });
    if (!hasLength(request.fields)) throw new Failed(internalError("the Content-Length is no length"));
    const fd = this.#connect(this.#resolve(to.host), to.port, options.connect);
    return new Pending(this.#system, new Connection(this.#system, this.#poller, fd), request, options);
  }

  #resolve(host: string): readonly Uint8Array[] {
    const written = parseIpv4(host) ?? parseIpv6(host);
    if (written !== undefined) return [written];
    const found = resolve(this.#names, host, [4, 6]);
    if (found.kind === "found") return found.addresses;
    if (found.kind === "again") throw new Failed({ tag: "DNS-timeout" });
    throw new Failed({ tag: "DNS-error", value: { rcode: undefined, "info-code": undefined } });
  }

  /** A connection to the first address that answers. */
  #connect(addresses: readonly Uint8Array[], port: number, most: bigint | undefined): number {
    let code: ErrorCode = { tag: "destination-not-found" };
    for (const address of addresses) {
      const result = this.#tryConnect(address, port, most === undefined ? -1 : Number(most));
      if (typeof result === "number") return result;
      code = result;
    }
    throw new Failed(code);
  }

  #tryConnect(address: Uint8Array, port: number, most: number): number | ErrorCode {
    const { native } = this.#system;
    const fd = native.socket(address.length === 4 ? AF_INET : AF_INET6, SOCK_STREAM);
    if (fd < 0) return connectCode(fd);
    native.setFlags(fd, O_NONBLOCK);
    let result = this.#system.withAddress(address, (at, length) => native.connect(fd, at, length, port));
    if (result === EINPROGRESS) {
      const wait: Wait = { fd, events: POLLOUT };
      if (this.#poller.wait([() => wait], most).length === 0) result = -110;
      else result = -native.numberAt(fd, SOL_SOCKET, SO_ERROR);
    }
    if (result >= 0) return fd;
    native.close(fd);
    return connectCode(result);
  }
}

/** Whether the length that the fields declare, if any, is one. */
function hasLength(fields: Fields): boolean {
  try {
    declaredLength(fields);
    return true;
  } catch {
    return false;
  }
}

/** A request on its way, and its response. */
class Pending implements FutureResponse {
  taken = false;
  readonly pollable: () => Wait;
  readonly #system: System;
  readonly #connection: Connection;
  readonly #method: string;
  readonly #deadline: bigint | undefined;
  #answer: ReturnType<FutureResponse["get"]>;

  constructor(system: System, connection: Connection, request: OutgoingRequest, options: RequestOptions) {
    this.#system = system;
    this.#connection = connection;
    this.#method = methodName(request.method);
    const most = options["first-byte"];
    this.#deadline = most === undefined ? undefined : system.time(MONOTONIC) + most;
    const time = this.#deadline === undefined ? {} : { clock: MONOTONIC, deadline: this.#deadline };
    this.pollable = () => (this.get() === undefined ? { ...connection.readable(), ...time } : {});
    this.#send(request);
  }

  close(): void {
    this.#connection.close();
  }

  #send(request: OutgoingRequest): void {
    const { fields, body } = request;
    const framing = this.#framing(request);
    const own: Field[] = [
      ["host", text(request.authority ?? "")],
      ["connection", text("close")],
    ];
    if (framing.kind === "chunked") own.push(["transfer-encoding", text("chunked")]);
    this.#connection.queue(
      writeHead(`${this.#method} ${request.path ?? "/"} HTTP/1.1`, [...own, ...fields.all]),
    );
    const writer = new BodyWriter(this.#connection, framing);
    body.stream = writer;
    body.end = () => this.#attempt(() => writer.finish()) ?? false;
    if (body.finished) body.end();
    else this.#attempt(() => this.#connection.push());
  }

  #framing({ fields, bodyTaken, body }: OutgoingRequest): Framing {
    const length = declaredLength(fields);
    if (length !== undefined) return { kind: "length", length };
    return bodyTaken && !(body.finished && !body.taken) ? { kind: "chunked" } : { kind: "none" };
  }

  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof StreamFailure)) throw error;
      this.#answer ??= { error: { tag: "connection-terminated" } };
      return undefined;
    }
  }

  get(): ReturnType<FutureResponse["get"]> {
    try {
      this.#answer ??= this.#response();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.#answer = { error: { tag: "HTTP-protocol-error" } };
    }
    return this.#answer;
  }

  #response(): ReturnType<FutureResponse["get"]> {
    const connection = this.#connection;
    this.#attempt(() => connection.push());
    if (this.#answer !== undefined) return this.#answer;
    connection.fill();
    for (;;) {
      const head = readResponseHead(connection.buffered, this.#method);
      if (head === undefined) break;
      connection.take(head.end);
      if (head.status >= CONTINUE && head.status < 200) continue;
      const reader = new BodyReader(connection, head.framing, undefined, () => connection.close());
      const response: IncomingResponse = {
        status: head.status,
        fields: new Fields(head.fields.filter(([name]) => !isForbidden(name))).frozen(),
        body: new IncomingBody(reader),
      };
      return { ok: response };
    }
    if (connection.ended) return { error: { tag: "HTTP-response-incomplete" } };
    if (this.#deadline !== undefined && this.#system.time(MONOTONIC) >= this.#deadline) {
      return { error: { tag: "connection-read-timeout" } };
    }
    return undefined;
  }
}
