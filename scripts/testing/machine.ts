/** What container tests could leave on the machine, as sets of lines that can be compared. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Directories in which runtimes and tests keep something for each container. */
const STATE_PLACES = ["/run/ocirt", "/run/user/0/ocirt", "/tmp/ocirt-spec"];

/** The machine's own services, which systemd starts when they are asked for. */
const SERVICE = /\/[\w@.-]+\.service(\/|$)/;

export type Traces = ReadonlySet<string>;

interface Mount {
  readonly point: string;
  readonly type: string;
}

function mounts(): Mount[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [left = "", right = ""] = line.split(" - ");
      return { point: left.split(" ")[4] ?? "", type: right.split(" ")[0] ?? "" };
    });
}

function directories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(path, entry.name));
  } catch {
    // It is not there, or it went away meanwhile.
    return [];
  }
}

const below = (path: string): string[] => directories(path).flatMap((child) => [child, ...below(child)]);

/** The machine's mounts, cgroups of all hierarchies and state directories. */
export function traces(): Traces {
  const mounted = mounts();
  const hierarchies = mounted.filter(({ type }) => type === "cgroup" || type === "cgroup2");
  return new Set([
    ...numbered(mounted.map(({ point, type }) => `mount ${point} (${type})`)),
    ...hierarchies
      .flatMap(({ point }) => below(point))
      .filter((path) => !SERVICE.test(path))
      .map((path) => `cgroup ${path}`),
    ...STATE_PLACES.flatMap(directories).map((path) => `directory ${path}`),
  ]);
}

/** Equal lines become different ones: several mounts can lie on the same point. */
function numbered(lines: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return lines.map((line) => {
    const count = (seen.get(line) ?? 0) + 1;
    seen.set(line, count);
    return count === 1 ? line : `${line} #${count}`;
  });
}

/** What is there now and was not before, and the mounts that are gone: no test may unmount what it finds. */
export function changes(before: Traces, after: Traces): string[] {
  const added = [...after].filter((trace) => !before.has(trace)).map((trace) => `left behind: ${trace}`);
  const removed = [...before].filter((trace) => trace.startsWith("mount ") && !after.has(trace));
  return [...added, ...removed.map((trace) => `taken away: ${trace}`)];
}

/** The changes since `before` that stay: what the kernel still tears down gets `patience` milliseconds. */
export async function lastingChanges(before: Traces, patience: number): Promise<string[]> {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = changes(before, traces());
    if (found.length === 0 || Date.now() > deadline) return found;
    await new Promise((resume) => setTimeout(resume, 50));
  }
}
