/** One request and its response on a connection of the server. */
import { StreamFailure } from "../host/streams.ts";
import { BodyReader, BodyWriter } from "./bodies.ts";
import type { Connection } from "./connection.ts";
import { declaredLength, type Field, Fields, isForbidden } from "./fields.ts";
import { type Framing, type RequestHead, text, writeHead } from "./head.ts";
import {
  IncomingBody,
  type IncomingRequest,
  methodOf,
  type OutgoingResponse,
  type ResponseOut,
} from "./messages.ts";
import { STATUS_CODES } from "./status.ts";

const INTERNAL_ERROR = 500;
/** Of a body that the component left unread, bytes that are read to keep the connection. */
const MOST_LEFT = 262_144;

export class Exchange implements ResponseOut {
  readonly request: IncomingRequest;
  readonly #connection: Connection;
  readonly #head: RequestHead;
  readonly #reader: BodyReader;
  #response: OutgoingResponse | undefined;
  #answered = false;
  /** The response says by itself where it ends, and did. */
  #whole = false;

  constructor(connection: Connection, head: RequestHead) {
    this.#connection = connection;
    this.#head = head;
    const wanted = head.expectsContinue
      ? () => {
          if (this.#answered) return;
          connection.queue(text("HTTP/1.1 100 Continue\r\n\r\n"));
          connection.push();
        }
      : undefined;
    this.#reader = new BodyReader(connection, head.framing, wanted);
    this.request = {
      method: methodOf(head.method),
      path: head.target,
      scheme: { tag: "HTTP" },
      authority: head.host,
      fields: new Fields(head.fields.filter(([name]) => !isForbidden(name))).frozen(),
      body: new IncomingBody(this.#reader),
    };
  }

  set(answer: Parameters<ResponseOut["set"]>[0]): void {
    if (this.#answered) return;
    if ("error" in answer) {
      this.fail(INTERNAL_ERROR);
      return;
    }
    try {
      this.#send(answer.ok, this.#framingOf(answer.ok));
    } catch (error) {
      // Two lengths would be two messages to somebody.
      if (!(error instanceof RangeError)) throw error;
      this.fail(INTERNAL_ERROR);
    }
  }

  #send(response: OutgoingResponse, framing: Framing): void {
    const { status, fields, body } = response;
    this.#answered = true;
    this.#response = response;
    this.#connection.queue(writeHead(statusLine(status), [...fields.all, ...this.#own(framing)]));
    const writer = new BodyWriter(this.#connection, framing);
    body.stream = writer;
    body.end = () => {
      this.#whole = writer.finish();
      return this.#whole;
    };
    // It may be written and finished already.
    if (body.finished) body.end();
  }

  #framingOf({ status, fields }: OutgoingResponse): Framing {
    if (this.#head.method === "HEAD" || status < 200 || status === 204 || status === 304)
      return { kind: "none" };
    const length = declaredLength(fields);
    return length === undefined ? { kind: "chunked" } : { kind: "length", length };
  }

  /** The fields of the connection. */
  #own(framing: Framing): Field[] {
    const own: Field[] = [];
    if (framing.kind === "chunked") own.push(["transfer-encoding", text("chunked")]);
    if (!this.#head.persistent) own.push(["connection", text("close")]);
    return own;
  }

  /** An answer of the host's. */
  fail(status: number): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#connection.queue(failure(status, this.#head.persistent));
    this.#whole = true;
  }

  /** The component has returned; whether the connection can take another request. */
  end(): boolean {
    if (!this.#answered) this.fail(INTERNAL_ERROR);
    const { body } = this.#response ?? {};
    // A body that nobody asked for is empty; one that was dropped in its middle is cut off.
    if (body !== undefined && !body.finished && !this.#response?.bodyTaken) body.end?.();
    return this.#whole && this.#head.persistent && this.#readRest();
  }

  /** Whether nothing of the request is left on the connection. */
  #readRest(): boolean {
    // Nobody asked for a body that the client waits to send.
    if (this.#head.expectsContinue && !this.#reader.done) return false;
    try {
      for (let left = MOST_LEFT; !this.#reader.done && left > 0; ) {
        const { length } = this.#reader.read(left);
        if (length === 0 && !this.#reader.done) return false;
        left -= length;
      }
    } catch (error) {
      if (!(error instanceof StreamFailure)) throw error;
    }
    return this.#reader.done;
  }
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`;
}

export function failure(status: number, persistent: boolean): Uint8Array {
  const fields: Field[] = [["content-length", text("0")]];
  if (!persistent) fields.push(["connection", text("close")]);
  return writeHead(statusLine(status), fields);
}
