/**
 * Where a container's cgroups are: `linux.cgroupsPath` by runc's cgroupfs driver. Absolute paths are below the
 * hierarchy's mount point; relative ones, and the id where there is no path, below the runtime's own cgroup.
 * Runtime specification, config-linux.md, "Cgroups Path". Pure.
 */
import { OcirtError } from "../errors.ts";
import type { Hierarchy, OwnCgroups, Unified } from "./mode.ts";

const POINTER = "/linux/cgroupsPath";

function refuse(path: string, reason: string): OcirtError {
  return new OcirtError({ action: "use the cgroups path", path, pointer: POINTER, reason });
}

/** The path's own components, without empty ones and "."; refuses what could leave the hierarchy. */
function componentsOf(path: string): string[] {
  if (path.includes("\0")) throw refuse(path.replaceAll("\0", "\\0"), "a path has no NUL");
  const components = path.split("/").filter((component) => component !== "" && component !== ".");
  if (components.includes("..")) throw refuse(path, "`..` components are not allowed");
  return components;
}

/** The own cgroup as seen from the mount point, "/" where that is its root; undefined where it is outside. */
function below({ root }: { readonly root: string }, own: string): string | undefined {
  // A cgroup outside the runtime's cgroup namespace is shown as /../x.
  if (own.startsWith("/..")) return undefined;
  if (root === "/") return own;
  if (own === root) return "/";
  return own.startsWith(`${root}/`) ? own.slice(root.length) : undefined;
}

const join = (directory: string, inner: string) => (inner === "/" ? directory : `${directory}${inner}`);

/** The directory of the cgroup that the runtime itself is in; undefined where it cannot be seen. */
export function ownDirectory(mounted: Hierarchy | Unified, own: () => OwnCgroups): string | undefined {
  const path = own().get("controllers" in mounted ? (mounted.controllers[0] ?? "") : "");
  const inner = path === undefined ? undefined : below(mounted, path);
  return inner === undefined ? undefined : join(mounted.mountPoint, inner);
}

/** The container's directory in a hierarchy of cgroup v1, or in the unified one beside them. */
export function directoryV1(
  mounted: Hierarchy | Unified,
  cgroupsPath: string | undefined,
  id: string,
  own: () => OwnCgroups,
): string {
  const path = cgroupsPath ?? "";
  const inner = path === "" ? `/${id}` : `/${componentsOf(path).join("/")}`;
  if (inner === "/") throw refuse(path, "a container needs a cgroup of its own, not the root");
  if (path.startsWith("/")) return `${mounted.mountPoint}${inner}`;
  const directory = ownDirectory(mounted, own);
  if (directory !== undefined) return directory + inner;
  throw new OcirtError({
    action: "find the runtime's own cgroup",
    path: mounted.mountPoint,
    reason: `it is outside \`${mounted.root}\`, which is mounted there`,
    hint: "give an absolute cgroupsPath",
  });
}

/**
 * The container's directory on cgroup v2. Beside the runtime's own cgroup, not in it: a cgroup that has
 * processes cannot give controllers to those below it.
 */
export function directoryV2(
  unified: Unified,
  cgroupsPath: string | undefined,
  id: string,
  own: () => OwnCgroups,
): string {
  const beside = () => {
    const path = own().get("") ?? "/";
    return new Map([["", path.slice(0, path.lastIndexOf("/")) || "/"]]);
  };
  return directoryV1(unified, cgroupsPath, id, beside);
}
