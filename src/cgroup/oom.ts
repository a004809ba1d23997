/** Notices that a container was out of memory: by eventfd on v1, by memory.events on v2. */
import { files, isNativeError } from "../native/index.ts";
import { watching } from "../native/watch.ts";
import type { CgroupPaths } from "./plan.ts";
import { table } from "./stats/parse.ts";
import { readControl } from "./write.ts";

export interface OomWatch {
  readonly fd: number;
  /** Whether there was no memory since it was asked last; to be asked when the descriptor is readable. */
  happened(): boolean;
}

/** undefined where nothing would tell. Throws a NativeError. */
export function watchOom(paths: CgroupPaths): OomWatch | undefined {
  const { memory, "": unified } = paths;
  if (memory !== undefined) return watchV1(memory);
  if (unified === undefined || readControl(unified, "memory.events") === undefined) return undefined;
  return watchV2(unified);
}

function watchV1(directory: string): OomWatch {
  const fd = watching().watchOom(directory);
  return {
    fd,
    happened() {
      const readable = watching().waitReadable([fd], 0) === 0;
      watching().drain(fd);
      // The end of the cgroup is told by the same means.
      return readable && exists(directory);
    },
  };
}

function exists(directory: string): boolean {
  try {
    return files().stat(directory, false) !== undefined;
  } catch (error) {
    if (isNativeError(error)) return false;
    throw error;
  }
}

function watchV2(directory: string): OomWatch {
  // Watched before it is read: nothing is missed between.
  const fd = watching().watchFile(`${directory}/memory.events`);
  const kills = () => table(readControl(directory, "memory.events")).get("oom_kill") ?? 0n;
  let seen = kills();
  return {
    fd,
    happened() {
      watching().drain(fd);
      const now = kills();
      const more = now > seen;
      seen = now;
      return more;
    },
  };
}
