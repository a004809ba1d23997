/** CRIU as a child that serves one request on a packet socket (`criu swrk`), by its rpc.proto. */
import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes, receiveToEnd } from "../native/process.ts";
import { decode, encode, type Message } from "./protobuf.ts";

/** criu_req_type. */
export const REQUEST = { dump: 1, preDump: 4, notify: 6, features: 9, version: 10 } as const;

/** Numbers of the fields of criu_req and criu_resp. */
const REQ = { type: 1, opts: 2, notifySuccess: 3, features: 5 } as const;
const RESP = { type: 1, success: 2, features: 8, errno: 7, version: 10 } as const;

/** CRIU numbers the versions like this; the request for it came with this one. */
const OLDEST = 3_00_00;

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

/** Sends one request and returns the answer to it; CRIU's notifications on the way are all agreed to. */
export function ask(criu: string, type: number, rest: Message = new Map()): Fields {
  const [own, theirs] = processes().socketPair();
  try {
    try {
      const child = spawn(criu, ["swrk", "3"], { stdio: ["ignore", "ignore", "ignore", theirs] });
      // A program that can't be run closes the socket unanswered, which is told below.
      child.on("error", () => {});
    } finally {
      files().close(theirs);
    }
    send(own, new Map([[REQ.type, type], ...rest]));
    for (;;) {
      const answer = receive(own);
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

function receive(socket: number): Fields {
  const packet = receiveToEnd(socket);
  if (packet === undefined) throw new CriuFailure("it ended without an answer");
  if (packet.fd !== undefined) files().close(packet.fd);
  try {
    return decode(Uint8Array.from([packet.kind.charCodeAt(0), ...packet.data]));
  } catch {
    throw new CriuFailure("its answer is no message");
  }
}

/** Throws an OcirtError for a CRIU that is too old, or doesn't answer. */
export function checkVersion(criu: string, action: string): void {
  let version: Fields;
  try {
    const data = ask(criu, REQUEST.version).get(RESP.version);
    version = data instanceof Uint8Array ? decode(data) : new Map();
  } catch (error) {
    if (!(error instanceof CriuFailure)) throw error;
    throw new OcirtError({ action, path: criu, reason: `its version is not known: ${error.message}` });
  }
  const [major = 0, minor = 0, sublevel = 0] = [1, 2, 4].map((field) => Number(version.get(field) ?? 0));
  if (major * 10_000 + minor * 100 + sublevel >= OLDEST) return;
  throw new OcirtError({ action, path: criu, reason: `version ${major}.${minor} is too old, 3.0 is needed` });
}

/** Whether this CRIU and kernel can tell which memory has changed (criu_features.mem_track). */
export function tracksMemory(criu: string): boolean {
  const features = ask(criu, REQUEST.features, new Map([[REQ.features, new Map([[1, true]])]])).get(
    RESP.features,
  );
  return features instanceof Uint8Array && decode(features).get(1) === 1;
}

export const withOptions = (options: Message): Message => new Map([[REQ.opts, options]]);
