/** wasi:filesystem: files that are open. What begins at a path is in filesystem-paths.ts. */
import { ADVICE, FILETYPE } from "../../wasi/constants.ts";
import type { Call } from "../functions.ts";
import type { HostInterface, HostInterfaces } from "../imports.ts";
import {
  DESCRIPTOR,
  type Descriptor,
  DIRECTORY_ENTRIES,
  DirectoryEntries,
  metadataHash,
  TYPES,
} from "./descriptor.ts";
import { FdInput, FdOutput, FileInput, FileOutput } from "./fd-streams.ts";
import { pathFunctions } from "./filesystem-paths.ts";
import { fsCode, fsResult } from "./fs-errors.ts";
import { type NewTimestamp, newTimes, statRecord } from "./fs-records.ts";
import type { Poller } from "./poll.ts";
import { ERROR, INPUT_STREAM, type IoError, OUTPUT_STREAM } from "./streams.ts";
import type { Stat, System } from "./system.ts";

/** A directory that the component finds open, by its name. */
export type Preopened = readonly [descriptor: Descriptor, name: string];

const ADVICES = ["normal", "sequential", "random", "will-need", "dont-need", "no-reuse"];
const O_APPEND = 0o2000;

export function filesystemInterfaces(
  system: System,
  poller: Poller,
  preopens: () => readonly Preopened[],
): HostInterfaces {
  return {
    "wasi:filesystem/preopens": {
      functions: {
        "get-directories": () => preopens().map(([descriptor, name]) => [held(descriptor), name]),
      },
      resources: { descriptor: DESCRIPTOR },
    },
    "wasi:filesystem/types": typesInterface(system, poller),
  };
}

/** Each time that it is asked for the component gets, and drops, a descriptor of its own. */
function held(descriptor: Descriptor): Descriptor {
  descriptor.hold();
  return descriptor;
}

function typesInterface(system: System, poller: Poller): HostInterface {
  const { native } = system;
  const may = (self: Descriptor, flag: string) => self.flags.has(flag) && !self.isDirectory;
  const isRegular = (self: Descriptor) => self.type === FILETYPE.regularFile;
  const refused = (self: Descriptor) => ({ error: self.isDirectory ? "is-directory" : "bad-descriptor" });

  /** Others may share the open file: the flag is only there while this writes. */
  function append(fd: number, bytes: Uint8Array): number {
    const flags = native.flags(fd);
    if (flags < 0) return flags;
    native.setFlags(fd, flags | O_APPEND);
    const count = system.write(fd, bytes);
    native.setFlags(fd, flags);
    return count;
  }

  const functions: Record<string, Call> = {
    "[method]descriptor.read-via-stream": (self: Descriptor, offset: bigint) => {
      if (!may(self, "read")) return refused(self);
      const release = self.hold();
      return {
        ok: isRegular(self)
          ? new FileInput(system, self.fd, offset, release)
          : new FdInput(system, poller, self.fd, release),
      };
    },
    "[method]descriptor.write-via-stream": (self: Descriptor, offset: bigint) => {
      if (!may(self, "write")) return refused(self);
      const release = self.hold();
      if (!isRegular(self)) return { ok: new FdOutput(system, poller, self.fd, self.type, release) };
      let at = offset;
      const write = (bytes: Uint8Array) => {
        const count = system.writeAt(self.fd, bytes, at);
        if (count > 0) at += BigInt(count);
        return count;
      };
      return { ok: new FileOutput(write, release) };
    },
    "[method]descriptor.append-via-stream": (self: Descriptor) => {
      if (!may(self, "write")) return refused(self);
      const release = self.hold();
      if (!isRegular(self)) return { ok: new FdOutput(system, poller, self.fd, self.type, release) };
      return { ok: new FileOutput((bytes) => append(self.fd, bytes), release) };
    },
    "[method]descriptor.advise": (self: Descriptor, offset: bigint, length: bigint, advice: string) => {
      if (self.isDirectory) return refused(self);
      return fsResult(native.advise(self.fd, offset, length, ADVICE[ADVICES.indexOf(advice)] ?? 0));
    },
    "[method]descriptor.sync-data": (self: Descriptor) => fsResult(native.sync(self.fd, true)),
    "[method]descriptor.sync": (self: Descriptor) => fsResult(native.sync(self.fd, false)),
    "[method]descriptor.get-flags": (self: Descriptor) => ({ ok: self.flags }),
    "[method]descriptor.get-type": (self: Descriptor) => ({ ok: TYPES[self.type] ?? "unknown" }),
    "[method]descriptor.set-size": (self: Descriptor, size: bigint) =>
      may(self, "write") ? fsResult(native.truncate(self.fd, size)) : refused(self),
    "[method]descriptor.set-times": (self: Descriptor, accessed: NewTimestamp, modified: NewTimestamp) =>
      fsResult(native.times(self.fd, ...newTimes(accessed, modified))),
    "[method]descriptor.read": (self: Descriptor, length: bigint, offset: bigint) => {
      if (!may(self, "read")) return refused(self);
      const bytes = system.readAt(self.fd, Number(length), offset);
      return fsResult(bytes, (read) => [read, (read as Uint8Array).length === 0 && length > 0n]);
    },
    "[method]descriptor.write": (self: Descriptor, bytes: Uint8Array, offset: bigint) =>
      may(self, "write") ? fsResult(system.writeAt(self.fd, bytes, offset), BigInt) : refused(self),
    "[method]descriptor.read-directory": (self: Descriptor) =>
      self.isDirectory ? { ok: new DirectoryEntries(system, self) } : { error: "not-directory" },
    "[method]descriptor.stat": (self: Descriptor) =>
      fsResult(system.stat(self.fd), (stat) => statRecord(stat as Stat)),
    "[method]descriptor.metadata-hash": (self: Descriptor) =>
      fsResult(system.stat(self.fd), (stat) => metadataHash(stat as Stat)),
    "[method]descriptor.is-same-object": (self: Descriptor, other: Descriptor) => {
      const [one, two] = [system.stat(self.fd), system.stat(other.fd)];
      return typeof one === "object" && typeof two === "object"
        ? one.device === two.device && one.inode === two.inode
        : false;
    },
    "[method]directory-entry-stream.read-directory-entry": (self: DirectoryEntries) =>
      fsResult(self.read(), (entry) => entry),
    "filesystem-error-code": ({ errno }: IoError) => (errno === undefined ? undefined : fsCode(errno)),
    ...pathFunctions(system),
  };
  return {
    functions,
    resources: {
      descriptor: DESCRIPTOR,
      "directory-entry-stream": DIRECTORY_ENTRIES,
      error: ERROR,
      "input-stream": INPUT_STREAM,
      "output-stream": OUTPUT_STREAM,
    },
  };
}
