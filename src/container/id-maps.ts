/**
 * The id mappings of a new user namespace (user_namespaces(7)). What the kernel doesn't let an ordinary user write,
 * newuidmap(1) and newgidmap(1) may: the user's subordinate ids.
 */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes } from "../native/process.ts";
import { mappingLines } from "../plan/idmap.ts";
import type { IdMapping, Spec } from "../spec/types.ts";

interface Kind {
  readonly file: "uid_map" | "gid_map";
  readonly tool: "newuidmap" | "newgidmap";
  readonly ranges: string;
  readonly pointer: string;
}

const UIDS: Kind = {
  file: "uid_map",
  tool: "newuidmap",
  ranges: "/etc/subuid",
  pointer: "/linux/uidMappings",
};
const GIDS: Kind = {
  file: "gid_map",
  tool: "newgidmap",
  ranges: "/etc/subgid",
  pointer: "/linux/gidMappings",
};

/** Milliseconds. */
const TOOL_LIMIT = 10_000;

const SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function writeIdMappings(spec: Spec, pid: number): void {
  const { uidMappings = [], gidMappings = [] } = spec.linux ?? {};
  writeMap(UIDS, pid, uidMappings);
  if (isOwnOnly(gidMappings)) denySetgroups(pid);
  writeMap(GIDS, pid, gidMappings);
}

/** An ordinary user's own gid: the kernel wants setgroups(2) to be denied first. */
function isOwnOnly(mappings: readonly IdMapping[]): boolean {
  return process.geteuid?.() !== 0 && mappings.length === 1 && mappings[0]?.size === 1;
}

function denySetgroups(pid: number): void {
  try {
    files().writeExisting(`/proc/${pid}/setgroups`, "deny");
  } catch (error) {
    throw failed("setgroups", GIDS.pointer, isNativeError(error) ? error.code : undefined);
  }
}

function writeMap(kind: Kind, pid: number, mappings: readonly IdMapping[]): void {
  try {
    files().writeExisting(`/proc/${pid}/${kind.file}`, mappingLines(mappings));
  } catch (error) {
    const errno = isNativeError(error) ? error.code : undefined;
    if (errno !== "EPERM" || process.geteuid?.() === 0) throw failed(kind.file, kind.pointer, errno);
    runTool(kind, pid, mappings);
  }
}

function failed(path: string, pointer: string, errno: string | undefined): OcirtError {
  const hint = "they may not overlap, and each host id must be the caller's to map";
  return new OcirtError({ action: "write the id mappings", path, pointer, errno, hint });
}

export function isThere(path: string): boolean {
  try {
    return files().stat(path, true) !== undefined;
  } catch {
    // A directory that is not for this user.
    return false;
  }
}

/** The path of a program of the host's; undefined where PATH has none. */
export function findTool(tool: string): string | undefined {
  const places = (process.env.PATH || SEARCHED).split(":").map((directory) => `${directory}/${tool}`);
  return places.find((place) => place.startsWith("/") && isThere(place));
}

function runTool({ tool, ranges, pointer }: Kind, pid: number, mappings: readonly IdMapping[]): void {
  const path = findTool(tool);
  if (path === undefined) {
    const reason = `an ordinary user needs ${tool} to map other ids than its own, and it is not there`;
    const hint = "install it (Debian: uidmap), or map one id only, your own";
    throw new OcirtError({ action: "write the id mappings", pointer, reason, hint });
  }
  const numbers = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size]);
  const args = [tool, String(pid), ...numbers.map(String)];
  const result = processes().runChild({
    path,
    args,
    cwd: "/",
    input: "",
    timeout: TOOL_LIMIT,
    out: -1,
    err: -1,
  });
  if (result.status === 0) return;
  throw new OcirtError({
    action: `map the ids with ${tool}`,
    pointer,
    errno: result.error,
    reason: result.timedOut ? "it did not end" : result.output.trim() || undefined,
    hint: `${ranges} must give the host ids to user ${process.geteuid?.()}`,
  });
}
