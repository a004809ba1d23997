/** CRIU as a child that serves one request on a packet socket (`criu swrk`), by its rpc.proto. */
import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes, receiveToEnd } from "../native/process.ts";
import { decode, encode, type Message } from "./protobuf.ts";

/** criu_req_type. */
export const REQUEST = { dump: 1, restore: 2, preDump: 4, notify: 6, features: 9, version: 10 } as const;

/** Numbers of the fields of criu_req and criu_resp. */
const REQ = { type: 1, opts: 2, notifySuccess: 3, features: 5 } as const;
const RESP = { type: 1, success: 2, notify: 5, features: 8, errno: 7, version: 10 } as const;

type Version = readonly [major: number, minor: number];

/** The request for the version came with this one. */
const OLDEST: Version = [3, 0];
/** It tells when memory can be asked for. */
export const TELLS_STATUS: Version = [3, 15];

/** Numbers of the fields of criu_features. */
export const FEATURE = { memoryTracking: 1, lazyPages: 2 } as const;

export class CriuFailure extends Error {}

type Fields = ReadonlyMap<number, number | Uint8Array>;

/** The program, by PATH. Throws an OcirtError where there is none. */
export function findCriu(action: string): string {
  for (const directory of (process.env.PATH ?? "").split(":")) {
    const path = `${directory}/criu`;
    try {
      accessSync(path, constants.X_OK);
      if (directory.startsWith("/") && statSync(path).isFile()) return path;
    } catch {
      // The next directory may have it.
    }
  }
  const reason = "there is no `criu` in PATH";
  throw new OcirtError({ action, reason, hint: "install the package criu, version 3.0 or later" });
}

/** How CRIU is started, and what is done when it tells how far it is. */
export interface Attendance {
  /** The program and its arguments; descriptor 3 is the socket. */
  readonly command?: readonly string[];
  /** CRIU's descriptors from 4 on; the first three are the caller's. Without them it has no others than the socket. */
  readonly descriptors?: readonly number[];
  /** Before it has the request, whose options it gives. */
  readonly onStart?: (pid: number) => Message;
  /** The name of the moment, the pid of the container's init (0: none) and a descriptor, which is the callee's. */
  onNotify(script: string, pid: number, fd: number | undefined): void;
}

/** Sends one request and returns the answer to it; CRIU's notifications on the way are all agreed to. */
export function ask(criu: string, type: number, rest: Message = new Map(), attendance?: Attendance): Fields {
  const [own, theirs] = processes().socketPair();
  let request = rest;
  try {
    try {
      const [program = criu, ...args] = attendance?.command ?? [criu, "swrk", "3"];
      const stream = attendance?.descriptors === undefined ? "ignore" : "inherit";
      const stdio = [stream, stream, stream, theirs, ...(attendance?.descriptors ?? [])] as const;
      const child = spawn(program, args, { stdio: [...stdio] });
      // A program that can't be run closes the socket unanswered, which is told below.
      child.on("error", () => {});
      if (child.pid !== undefined && attendance?.onStart !== undefined)
        request = withOptions(attendance.onStart(child.pid));
    } finally {
      files().close(theirs);
    }
    send(own, new Map([[REQ.type, type], ...request]));
    for (;;) {
      const { answer, fd } = receive(own);
      const notify = answer.get(RESP.notify);
      if (attendance !== undefined && notify instanceof Uint8Array) {
        const told = decode(notify);
        const script = told.get(1);
        const name = script instanceof Uint8Array ? new TextDecoder().decode(script) : "";
        attendance.onNotify(name, Number(told.get(2) ?? 0), fd);
      } else if (fd !== undefined) files().close(fd);
      if (answer.get(RESP.success) !== 1) throw new CriuFailure(failureText(answer));
      if (answer.get(RESP.type) !== REQUEST.notify) return answer;
      send(
        own,
        new Map<number, number | boolean>([
          [REQ.type, REQUEST.notify],
          [REQ.notifySuccess, true],
        ]),
      );
    }
  } finally {
    files().close(own);
  }
}

function failureText(answer: Fields): string {
  const errno = answer.get(RESP.errno);
  return typeof errno === "number" && errno > 0 ? `it says ${processes().errnoName(errno)}` : "it refused";
}

function send(socket: number, message: Message): void {
  try {
    files().writeFd(socket, encode(message));
  } catch (error) {
    if (isNativeError(error)) throw new CriuFailure(`it does not listen (${error.code})`);
    throw error;
  }
}

function receive(socket: number): { readonly answer: Fields; readonly fd: number | undefined } {
  const packet = receiveToEnd(socket);
  if (packet === undefined) throw new CriuFailure("it ended without an answer");
  try {
    const answer = decode(Uint8Array.from([packet.kind.charCodeAt(0), ...packet.data]));
    return { answer, fd: packet.fd };
  } catch {
    if (packet.fd !== undefined) files().close(packet.fd);
    throw new CriuFailure("its answer is no message");
  }
}

/** Throws an OcirtError for a CRIU that is too old, or doesn't answer. */
export function checkVersion(
  criu: string,
  action: string,
  [oldestMajor, oldestMinor]: Version = OLDEST,
): void {
  let version: Fields;
  try {
    const data = ask(criu, REQUEST.version).get(RESP.version);
    version = data instanceof Uint8Array ? decode(data) : new Map();
  } catch (error) {
    if (!(error instanceof CriuFailure)) throw error;
    throw new OcirtError({ action, path: criu, reason: `its version is not known: ${error.message}` });
  }
  const [major = 0, minor = 0] = [1, 2].map((field) => Number(version.get(field) ?? 0));
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  const needed = `${oldestMajor}.${oldestMinor}`;
  throw new OcirtError({
    action,
    path: criu,
    reason: `version ${major}.${minor} is too old, ${needed} is needed`,
  });
}

/** Whether this CRIU and kernel have a feature. */
export function hasFeature(criu: string, feature: number): boolean {
  const asked = new Map([[REQ.features, new Map([[feature, true]])]]);
  const features = ask(criu, REQUEST.features, asked).get(RESP.features);
  return features instanceof Uint8Array && decode(features).get(feature) === 1;
}

export const withOptions = (options: Message): Message => new Map([[REQ.opts, options]]);
