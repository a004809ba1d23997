/** The messages of wasi:http/types as a component holds them. */
import { INPUT_STREAM, type InputStream, type OutputStream } from "../host/streams.ts";
import type { ResourceType } from "../resources.ts";
import type { Fields } from "./fields.ts";

/** A word of a variant that has the words of HTTP as its cases, and any other. */
export interface Word {
  readonly tag: string;
  readonly value?: string;
}

const METHODS = ["get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"];

export function methodOf(name: string): Word {
  const word = name.toLowerCase();
  return name === name.toUpperCase() && METHODS.includes(word)
    ? { tag: word }
    : { tag: "other", value: name };
}

export function methodName({ tag, value }: Word): string {
  return tag === "other" ? (value ?? "") : tag.toUpperCase();
}

/** Why a message failed: a case of error-code. */
export interface ErrorCode {
  readonly tag: string;
  readonly value?: unknown;
}

export const internalError = (reason: string): ErrorCode => ({ tag: "internal-error", value: reason });

export interface IncomingMessage {
  readonly fields: Fields;
  /** Gone once the component has taken it. */
  body: IncomingBody | undefined;
}

export interface IncomingRequest extends IncomingMessage {
  readonly method: Word;
  readonly path: string | undefined;
  readonly scheme: Word | undefined;
  readonly authority: string | undefined;
}

export interface IncomingResponse extends IncomingMessage {
  readonly status: number;
}

export class IncomingBody {
  /** Gone once the component has taken it: its end is the stream's then. */
  stream: InputStream | undefined;

  constructor(stream: InputStream) {
    this.stream = stream;
  }

  close(): void {
    this.stream?.close?.();
  }
}

export class OutgoingBody {
  /** Where its bytes go, once the message is on its way: until then they wait. */
  stream: OutputStream | undefined;
  taken = false;
  finished = false;
  /** Called by finish; whether the body was what its message had said. */
  end: (() => boolean) | undefined;
}

export class OutgoingResponse {
  readonly fields: Fields;
  status = 200;
  readonly body = new OutgoingBody();
  bodyTaken = false;

  constructor(fields: Fields) {
    this.fields = fields.frozen();
  }
}

export class OutgoingRequest {
  readonly fields: Fields;
  method: Word = { tag: "get" };
  path: string | undefined;
  scheme: Word | undefined;
  authority: string | undefined;
  readonly body = new OutgoingBody();
  bodyTaken = false;

  constructor(fields: Fields) {
    this.fields = fields.frozen();
  }
}

/** Nanoseconds. */
export interface RequestOptions {
  connect?: bigint | undefined;
  "first-byte"?: bigint | undefined;
  "between-bytes"?: bigint | undefined;
}

/** What a component answers its request with. */
export interface ResponseOut {
  set(response: { readonly ok: OutgoingResponse } | { readonly error: ErrorCode }): void;
}

const resource = (name: string): ResourceType => ({ kind: "resource", name, owner: undefined });

export const INCOMING_REQUEST = resource("incoming-request");
export const RESPONSE_OUT = resource("response-outparam");
export const MESSAGE_RESOURCES = {
  "incoming-request": INCOMING_REQUEST,
  "outgoing-request": resource("outgoing-request"),
  "request-options": resource("request-options"),
  "response-outparam": RESPONSE_OUT,
  "incoming-response": {
    ...resource("incoming-response"),
    drop: (response) => (response as IncomingResponse).body?.close(),
  },
  "incoming-body": { ...resource("incoming-body"), drop: (body) => (body as IncomingBody).close() },
  "future-trailers": resource("future-trailers"),
  "outgoing-response": resource("outgoing-response"),
  "outgoing-body": resource("outgoing-body"),
  "future-incoming-response": resource("future-incoming-response"),
  "input-stream": INPUT_STREAM,
} satisfies Record<string, ResourceType>;
