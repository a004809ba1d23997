/** The head of an HTTP/1.1 message (RFC 9112), read from bytes and written. Pure. */
import type { Field } from "./fields.ts";
import { isName, isValue } from "./fields.ts";

/** Bytes of a head at most. */
export const LONGEST_HEAD = 65536;
const CR = 13;
const LF = 10;
const COLON = 58;

export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  /** Of a response alone. */
  | { readonly kind: "close" };

interface Head {
  readonly fields: readonly Field[];
  readonly framing: Framing;
  /** Whether another message may come on the connection. */
  readonly persistent: boolean;
  /** Where the body begins. */
  readonly end: number;
}

export interface RequestHead extends Head {
  readonly method: string;
  readonly target: string;
  readonly host: string | undefined;
  readonly expectsContinue: boolean;
}

export interface ResponseHead extends Head {
  readonly status: number;
}

/** What is wrong with a message, and the status that tells it. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);

/** The lines up to the empty one, and where it ends; undefined while it is not there. */
function lines(bytes: Uint8Array): { lines: Uint8Array[]; end: number } | undefined {
  const found: Uint8Array[] = [];
  for (let from = 0; ; ) {
    const end = bytes.indexOf(LF, from);
    if (end < 0 || end >= LONGEST_HEAD) break;
    if (bytes[end - 1] !== CR || end === from) throw new HttpError(400, "a line does not end in CR LF");
    const line = bytes.subarray(from, end - 1);
    from = end + 1;
    if (line.length > 0) found.push(line);
    // Empty lines before a request are left out (RFC 9112, 2.2).
    else if (found.length > 0) return { lines: found, end: from };
  }
  if (bytes.length >= LONGEST_HEAD) throw new HttpError(431, "the head is too long");
  return undefined;
}

function field(line: Uint8Array): Field {
  const colon = line.indexOf(COLON);
  const name = latin1(line.subarray(0, Math.max(0, colon)));
  if (!isName(name)) throw new HttpError(400, "a field has no name");
  let [from, to] = [colon + 1, line.length];
  while (from < to && (line[from] === 32 || line[from] === 9)) from++;
  while (to > from && (line[to - 1] === 32 || line[to - 1] === 9)) to--;
  const value = line.slice(from, to);
  if (!isValue(value)) throw new HttpError(400, "a field's value holds a control character");
  return [name, value];
}

/** All of a field's values as one list, in lower case. */
function listed(fields: readonly Field[], name: string): string[] {
  return fields
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => latin1(value).toLowerCase().split(","))
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** RFC 9112, 6.3: two ways to tell the length are a way to smuggle a message. */
function framing(fields: readonly Field[], without: Framing): Framing {
  const codings = listed(fields, "transfer-encoding");
  const lengths = new Set(listed(fields, "content-length"));
  if (codings.length > 0) {
    if (lengths.size > 0) throw new HttpError(400, "both Content-Length and Transfer-Encoding");
    if (codings.length > 1 || codings[0] !== "chunked")
      throw new HttpError(501, "an unknown Transfer-Encoding");
    return { kind: "chunked" };
  }
  if (lengths.size === 0) return without;
  const [text = ""] = lengths;
  if (lengths.size > 1 || !/^\d{1,15}$/.test(text)) throw new HttpError(400, "a wrong Content-Length");
  return { kind: "length", length: Number(text) };
}

function persistent(fields: readonly Field[], minor: string): boolean {
  const options = listed(fields, "connection");
  return minor === "1" ? !options.includes("close") : options.includes("keep-alive");
}

/** undefined while it is not all there. Throws an HttpError. */
export function readRequestHead(bytes: Uint8Array): RequestHead | undefined {
  const found = lines(bytes);
  if (found === undefined) return undefined;
  const [first, ...rest] = found.lines;
  const line = /^(\S+) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/.exec(latin1(first as Uint8Array));
  if (line === null) throw new HttpError(400, "no request line");
  const [, method = "", target = "", major, minor = ""] = line;
  if (!isName(method)) throw new HttpError(400, "no method");
  if (major !== "1") throw new HttpError(505, "another version of HTTP");
  const fields = rest.map(field);
  const hosts = fields.filter(([name]) => name.toLowerCase() === "host").map(([, value]) => latin1(value));
  if (hosts.length > 1 || (hosts.length === 0 && minor === "1")) throw new HttpError(400, "not one Host");
  return {
    method,
    target,
    host: hosts[0],
    fields,
    framing:
      minor === "0" && listed(fields, "transfer-encoding").length > 0
        ? smuggled()
        : framing(fields, { kind: "none" }),
    persistent: persistent(fields, minor),
    expectsContinue: minor === "1" && listed(fields, "expect").includes("100-continue"),
    end: found.end,
  };
}

/** RFC 9112, 6.1: HTTP/1.0 knows no codings. */
function smuggled(): never {
  throw new HttpError(400, "Transfer-Encoding in HTTP/1.0");
}

/** `method`: of the request, which says whether there is a body. */
export function readResponseHead(bytes: Uint8Array, method: string): ResponseHead | undefined {
  const found = lines(bytes);
  if (found === undefined) return undefined;
  const [first, ...rest] = found.lines;
  const line = /^HTTP\/1\.(\d) (\d{3})(?: .*)?$/.exec(latin1(first as Uint8Array));
  if (line === null) throw new HttpError(502, "no status line");
  const status = Number(line[2]);
  const fields = rest.map(field);
  const bodiless = method === "HEAD" || status < 200 || status === 204 || status === 304;
  return {
    status,
    fields,
    framing: bodiless ? { kind: "none" } : framing(fields, { kind: "close" }),
    persistent: persistent(fields, line[1] ?? ""),
    end: found.end,
  };
}

/** The bytes of a head. */
export function writeHead(first: string, fields: readonly Field[]): Uint8Array {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [encoder.encode(`${first}\r\n`)];
  for (const [name, value] of fields) parts.push(encoder.encode(`${name}: `), value, encoder.encode("\r\n"));
  parts.push(encoder.encode("\r\n"));
  return joined(parts);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const text = (value: string) => new TextEncoder().encode(value);
