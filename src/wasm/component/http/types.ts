/** wasi:http/types: the functions on messages, whoever sends or receives them. */
import type { Call } from "../functions.ts";
import { POLLABLE, type Pollable, READY } from "../host/poll.ts";
import { ERROR, type IoError, OUTPUT_STREAM } from "../host/streams.ts";
import type { HostInterface } from "../imports.ts";
import type { ResourceType } from "../resources.ts";
import { FIELDS, type Fields, fieldsFunctions } from "./fields.ts";
import {
  type ErrorCode,
  type IncomingBody,
  type IncomingMessage,
  type IncomingRequest,
  type IncomingResponse,
  internalError,
  MESSAGE_RESOURCES,
  type OutgoingBody,
  OutgoingRequest,
  OutgoingResponse,
  type RequestOptions,
  type ResponseOut,
  type Word,
} from "./messages.ts";
import { WaitingBody } from "./waiting.ts";

const FAILED = { error: undefined };
const DONE = { ok: undefined };
/** RFC 9110, 7.1 and 7.2: what a request line and a Host field may hold. */
const TARGET = /^[\x21-\x7e]*$/;
const AUTHORITY = /^[\x21-\x22\x24-\x2e\x30-\x3e\x40-\x7e]*$/;

/** A response that a request will have, taken once. */
export interface FutureResponse {
  readonly pollable: Pollable;
  /** undefined as long as there is none. */
  get(): { readonly ok: IncomingResponse } | { readonly error: ErrorCode } | undefined;
  taken: boolean;
  close(): void;
}

/** The body of a message is given once. */
function consume(self: IncomingMessage): unknown {
  const { body } = self;
  self.body = undefined;
  return body === undefined ? FAILED : { ok: body };
}

function body(self: { bodyTaken: boolean; readonly body: OutgoingBody }): unknown {
  if (self.bodyTaken) return FAILED;
  self.bodyTaken = true;
  return { ok: self.body };
}

function write(self: OutgoingBody): unknown {
  if (self.taken) return FAILED;
  self.taken = true;
  return { ok: new WaitingBody(self) };
}

/** Trailers are left out, as a server may (RFC 9110, 6.5.1). */
function finish(self: OutgoingBody): unknown {
  self.finished = true;
  const whole = self.end?.() ?? true;
  return whole ? DONE : { error: { tag: "HTTP-response-body-size", value: undefined } };
}

/** A setter of something that must look like that. */
const setter =
  <K extends string>(key: K, fits: (value: never) => boolean) =>
  (self: Record<K, unknown>, value: never) => {
    if (value !== undefined && !fits(value)) return FAILED;
    self[key] = value;
    return DONE;
  };

const word = ({ value }: Word) => value === undefined || /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value);

const option = (name: string, key: keyof RequestOptions): Record<string, Call> => ({
  [`[method]request-options.${name}`]: (self: RequestOptions) => self[key],
  [`[method]request-options.set-${name}`]: (self: RequestOptions, value: bigint | undefined) => {
    self[key] = value;
    return DONE;
  },
});

function futureResponse(self: FutureResponse): unknown {
  if (self.taken) return FAILED;
  const response = self.get();
  if (response === undefined) return undefined;
  self.taken = true;
  return { ok: response };
}

const functions: Record<string, Call> = {
  ...fieldsFunctions,
  "[method]incoming-request.method": (self: IncomingRequest) => self.method,
  "[method]incoming-request.path-with-query": (self: IncomingRequest) => self.path,
  "[method]incoming-request.scheme": (self: IncomingRequest) => self.scheme,
  "[method]incoming-request.authority": (self: IncomingRequest) => self.authority,
  "[method]incoming-request.headers": (self: IncomingRequest) => self.fields,
  "[method]incoming-request.consume": consume,
  "[method]incoming-response.status": (self: IncomingResponse) => self.status,
  "[method]incoming-response.headers": (self: IncomingResponse) => self.fields,
  "[method]incoming-response.consume": consume,
  "[method]incoming-body.stream": (self: IncomingBody) => {
    const { stream } = self;
    self.stream = undefined;
    return stream === undefined ? FAILED : { ok: stream };
  },
  "[static]incoming-body.finish": (self: IncomingBody) => {
    self.close();
    return {};
  },
  "[method]future-trailers.subscribe": () => READY,
  /** None are kept, and there were none to fail. */
  "[method]future-trailers.get": () => ({ ok: { ok: undefined } }),
  "[constructor]outgoing-response": (fields: Fields) => new OutgoingResponse(fields),
  "[method]outgoing-response.status-code": (self: OutgoingResponse) => self.status,
  "[method]outgoing-response.set-status-code": setter(
    "status",
    (status: number) => status >= 200 && status < 1000,
  ),
  "[method]outgoing-response.headers": (self: OutgoingResponse) => self.fields,
  "[method]outgoing-response.body": body,
  "[method]outgoing-body.write": write,
  "[static]outgoing-body.finish": finish,
  "[static]response-outparam.set": (self: ResponseOut, response: never) => self.set(response),
  "[constructor]outgoing-request": (fields: Fields) => new OutgoingRequest(fields),
  "[method]outgoing-request.method": (self: OutgoingRequest) => self.method,
  "[method]outgoing-request.set-method": setter("method", word),
  "[method]outgoing-request.path-with-query": (self: OutgoingRequest) => self.path,
  "[method]outgoing-request.set-path-with-query": setter("path", (path: string) => TARGET.test(path)),
  "[method]outgoing-request.scheme": (self: OutgoingRequest) => self.scheme,
  "[method]outgoing-request.set-scheme": setter("scheme", word),
  "[method]outgoing-request.authority": (self: OutgoingRequest) => self.authority,
  "[method]outgoing-request.set-authority": setter("authority", (name: string) => AUTHORITY.test(name)),
  "[method]outgoing-request.headers": (self: OutgoingRequest) => self.fields,
  "[method]outgoing-request.body": body,
  "[constructor]request-options": (): RequestOptions => ({}),
  ...option("connect-timeout", "connect"),
  ...option("first-byte-timeout", "first-byte"),
  ...option("between-bytes-timeout", "between-bytes"),
  "[method]future-incoming-response.subscribe": (self: FutureResponse) => self.pollable,
  "[method]future-incoming-response.get": futureResponse,
  "http-error-code": ({ text, errno }: IoError) => (errno === undefined ? internalError(text) : undefined),
};

/** Whoever is dropped before its successor is taken ends the connection. */
const FUTURE_RESPONSE: ResourceType = {
  ...MESSAGE_RESOURCES["future-incoming-response"],
  drop: (future) => {
    const { taken, close } = future as FutureResponse;
    if (!taken) close.call(future);
  },
};

export const typesInterface: HostInterface = {
  functions,
  resources: {
    ...MESSAGE_RESOURCES,
    "future-incoming-response": FUTURE_RESPONSE,
    fields: FIELDS,
    // The older names of the same.
    headers: FIELDS,
    trailers: FIELDS,
    "output-stream": OUTPUT_STREAM,
    pollable: POLLABLE,
    error: ERROR,
    "io-error": ERROR,
  },
};
