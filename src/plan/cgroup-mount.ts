/** The mount of type "cgroup": what of the host's hierarchies the container sees. */
import type { CgroupView, MountContext } from "./context.ts";
import { ATTR } from "./mount-options.ts";
import type { ParsedOptions } from "./mounts.ts";
import type { Step } from "./steps.ts";

const bind = (view: CgroupView, target: string, parsed: ParsedOptions, pointer: string): Step => ({
  kind: "bind",
  pointer,
  source: view.source,
  target,
  recursive: 1,
  flags: 0,
  set: parsed.set,
  clear: parsed.clear,
  setAll: 0n,
  clearAll: 0n,
  propagation: parsed.propagation,
});

const own = (
  view: CgroupView,
  type: string,
  target: string,
  parsed: ParsedOptions,
  pointer: string,
): Step => ({
  kind: "mount",
  pointer,
  target,
  type,
  source: "cgroup",
  // A named hierarchy has no controllers, which is said by "none".
  options: view.options.some((option) => option.startsWith("name="))
    ? ["none", ...view.options]
    : view.options,
  attributes: parsed.set,
  propagation: parsed.propagation,
  inheritMode: 0,
  ordinary: 0,
  copyUp: 0,
});

/** The directory of the hierarchies of v1. */
const hierarchies = (target: string, parsed: ParsedOptions, pointer: string): Step => ({
  kind: "mount",
  pointer,
  target,
  type: "tmpfs",
  source: "tmpfs",
  options: ["mode=755"],
  attributes: ATTR.NOSUID | ATTR.NODEV | ATTR.NOEXEC,
  propagation: parsed.propagation,
  inheritMode: 0,
  ordinary: 0,
  copyUp: 0,
});

/** systemd's hierarchy of v1 alone, on whatever host. Extended attributes are what systemd marks its cgroups with. */
export function planSystemdHierarchy(target: string, parsed: ParsedOptions, pointer: string): Step[] {
  const view = { directory: "systemd", options: ["name=systemd", "xattr"], source: "" };
  return [
    hierarchies(target, parsed, pointer),
    own(view, "cgroup", `${target}/${view.directory}`, parsed, pointer),
  ];
}

/**
 * cgroup v2: the one hierarchy, by a mount of its own within a cgroup namespace, else as a bind mount of the
 * container's cgroup. v1: a tmpfs with one directory per hierarchy, likewise, and links for those that hold
 * several controllers.
 */
export function planCgroupMount(
  target: string,
  parsed: ParsedOptions,
  context: MountContext,
  cgroupNamespace: boolean,
  pointer: string,
): Step[] {
  if (context.cgroupVersion === 2) {
    const view = context.cgroups[0];
    if (cgroupNamespace || view === undefined) {
      return [own(view ?? { directory: "", options: [], source: "" }, "cgroup2", target, parsed, pointer)];
    }
    return [bind(view, target, parsed, pointer)];
  }
  const steps: Step[] = [hierarchies(target, parsed, pointer)];
  for (const view of context.cgroups) {
    const directory = `${target}/${view.directory}`;
    steps.push(
      cgroupNamespace
        ? own(view, "cgroup", directory, parsed, pointer)
        : bind(view, directory, parsed, pointer),
    );
    if (view.options.length < 2) continue;
    for (const name of view.options) {
      if (name !== view.directory) {
        steps.push({ kind: "symlink", pointer, target: `${target}/${name}`, text: view.directory });
      }
    }
  }
  if (parsed.set & ATTR.RDONLY) {
    steps.push({ kind: "remount", pointer, target, set: ATTR.RDONLY, clear: 0n, propagation: [] });
  }
  return steps;
}
