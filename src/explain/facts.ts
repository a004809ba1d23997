/** The facts that steps are judged by. Only looks: nothing that is asked here stays. */
import type { GlobalOptions } from "../container/options.ts";
import { gatherFacts } from "../doctor/facts.ts";
import { files, isNativeError } from "../native/index.ts";
import { O_RDONLY_CLOEXEC } from "../native/open-flags.ts";
import { rooted } from "../native/rooted.ts";
import { hostMachine } from "../native/seccomp.ts";
import { hardLimits, masksOf, rootFileSystem } from "./parse-proc.ts";
import type { ExplainFacts } from "./types.ts";

/** So much is read of a program: what is before the interpreter's name. */
const HEAD = 4096;

function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

const text = (path: string): string | undefined => attempt(() => files().readText(path).trim());

function find(path: string, follow = true): string {
  try {
    return files().stat(path, follow) === undefined ? "ENOENT" : "";
  } catch (error) {
    if (isNativeError(error)) return error.code;
    throw error;
  }
}

function modeIn(rootfs: string, path: string): number | undefined {
  return attempt(() => {
    const root = files().open(rootfs, O_RDONLY_CLOEXEC, 0);
    try {
      return rooted().modeInRoot(root, path);
    } finally {
      files().close(root);
    }
  });
}

export function explainFacts(global: GlobalOptions, rootfs: string): ExplainFacts {
  const { effective, bounding } = masksOf(text("/proc/self/status") ?? "");
  const listed = (text("/proc/filesystems") ?? "").split("\n");
  return {
    host: gatherFacts(global),
    capabilities: { effective, bounding },
    // "nodev<TAB>proc" needs no device, "<TAB>ext4" does.
    filesystems: new Set(listed.map((line) => line.replace("nodev\t", "").replace("\t", "block "))),
    rootType: rootFileSystem(text("/proc/self/mountinfo") ?? ""),
    hardLimits: hardLimits(text("/proc/self/limits") ?? ""),
    oomScoreAdj: Number(text("/proc/self/oom_score_adj") ?? "0"),
    find,
    mode: (path) => attempt(() => files().stat(path, true)?.mode),
    list: (path) => attempt(() => files().readdir(path)) ?? [],
    text,
    mayWrite: (path) => attempt(() => files().mayWrite(path)) ?? false,
    headOf: (path) => attempt(() => files().headInRoot(rootfs, path, HEAD)),
    modeInRoot: (path) => modeIn(rootfs, path),
    machine: hostMachine(),
  };
}
