/** The host's answers to the checks. */

import type { GlobalOptions } from "../container/options.ts";
import { isRootless } from "../container/prepare.ts";
import { userNamespaceRefusal } from "../doctor/facts.ts";
import { files, isNativeError } from "../native/index.ts";
import type { Spec } from "../spec/types.ts";
import type { Host } from "./item.ts";

const TYPE_MASK = 0o170000;
const DIRECTORY = 0o040000;
const ANY_EXECUTE = 0o111;
const HEAD = 4;

/** The names of /proc/self/limits. */
const LIMITS: Readonly<Record<string, string>> = {
  "Max cpu time": "RLIMIT_CPU",
  "Max file size": "RLIMIT_FSIZE",
  "Max data size": "RLIMIT_DATA",
  "Max stack size": "RLIMIT_STACK",
  "Max core file size": "RLIMIT_CORE",
  "Max resident set": "RLIMIT_RSS",
  "Max processes": "RLIMIT_NPROC",
  "Max open files": "RLIMIT_NOFILE",
  "Max locked memory": "RLIMIT_MEMLOCK",
  "Max address space": "RLIMIT_AS",
  "Max file locks": "RLIMIT_LOCKS",
  "Max pending signals": "RLIMIT_SIGPENDING",
  "Max msgqueue size": "RLIMIT_MSGQUEUE",
  "Max nice priority": "RLIMIT_NICE",
  "Max realtime priority": "RLIMIT_RTPRIO",
  "Max realtime timeout": "RLIMIT_RTTIME",
};

function text(path: string): string {
  try {
    return files().readText(path);
  } catch (error) {
    if (isNativeError(error)) return "";
    throw error;
  }
}

/** Hard limits; undefined is unlimited. */
export function hardLimits(table: string): ReadonlyMap<string, bigint | undefined> {
  const limits = new Map<string, bigint | undefined>();
  for (const line of table.split("\n")) {
    const [, label = "", hard = ""] = /^(Max .*?) {2,}\S+ +(\S+)/.exec(line) ?? [];
    const name = LIMITS[label];
    if (name !== undefined) limits.set(name, hard === "unlimited" ? undefined : BigInt(hard));
  }
  return limits;
}

function stat(path: string) {
  try {
    return files().stat(path, true);
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

export function askHost(global: GlobalOptions, spec: Spec, rootfs: string): Host {
  const kindOf: Host["kindOf"] = (path) => {
    const found = stat(path);
    if (found === undefined) return undefined;
    return (found.mode & TYPE_MASK) === DIRECTORY ? "directory" : "file";
  };
  const mounted = (path: string) =>
    spec.mounts?.some(({ destination }) => destination !== "/" && `${path}/`.startsWith(`${destination}/`)) ??
    false;
  return {
    kindOf,
    mayExecute: (path) => ((stat(path)?.mode ?? 0) & ANY_EXECUTE) !== 0,
    hasProgram: (paths) =>
      paths.some((path) => mounted(path) || files().headInRoot(rootfs, path, HEAD) !== undefined),
    fileSystems: new Set(text("/proc/filesystems").split(/\s+/)),
    namespaces: new Set(files().readdir("/proc/self/ns")),
    userNamespace: userNamespaceRefusal(),
    privileged: !isRootless(global),
    capabilities: BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(text("/proc/self/status"))?.[1] ?? "0"}`),
    limits: hardLimits(text("/proc/self/limits")),
    oomScore: Number(text("/proc/self/oom_score_adj")),
    apparmor: text("/sys/module/apparmor/parameters/enabled").trim() === "Y",
    selinux:
      stat("/sys/fs/selinux/enforce") !== undefined && !text("/proc/self/attr/current").startsWith("kernel"),
  };
}
