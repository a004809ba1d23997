/** The facade of files in a root that is not to be trusted: no link leads out of it, nothing but ordinary files is read. */
import { native } from "./index.ts";

interface Rooted {
  /** The first 4096 bytes of an ordinary file. Throws a NativeError; EINVAL where it is none. */
  readHeadInRoot(root: number, path: string): Uint8Array;
  /** st_mode; undefined where there is nothing. */
  modeInRoot(root: number, path: string): number | undefined;
}

export const rooted = (): Rooted => native<Rooted>();
