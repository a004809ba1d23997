/** What CRIU has to be told of a bundle and of this host, to find again what is not in the images. */
import type { CgroupPlan } from "../cgroup/driver.ts";
import { parseMountinfo } from "../criu/mounts.ts";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import type { Spec } from "../spec/types.ts";

type Pairs = (readonly [string, string])[];

const DEV_NULL = "/dev/null";

/** The names that checkpoint gave to mounts of the host, and what of the host they are. */
export function externalSources(spec: Spec, cgroup: CgroupPlan): Pairs {
  const ownCgroups = spec.linux?.namespaces?.some(({ type }) => type === "cgroup") ?? false;
  const host = parseMountinfo(files().readText("/proc/self/mountinfo"));
  const mounts = (spec.mounts ?? []).flatMap(({ type, source = "", destination, options = [] }): Pairs => {
    const recursive = options.includes("rbind");
    if (type === "bind" || recursive || options.includes("bind")) {
      const below = recursive ? host.filter(({ point }) => point.startsWith(`${source}/`)) : [];
      return [
        [destination, source],
        ...below.map(({ point }) => [`${destination}${point.slice(source.length)}`, point] as const),
      ];
    }
    if (!type?.startsWith("cgroup") || ownCgroups) return [];
    if (cgroup.kind === "v2") return cgroup.hierarchies.map(({ directory }) => [destination, directory]);
    return cgroup.hierarchies.map(({ mountPoint, directory }) => [
      `${destination}${mountPoint.slice(mountPoint.lastIndexOf("/"))}`,
      directory,
    ]);
  });
  const devices = (spec.linux?.devices ?? []).map(({ path }) => [path, path] as const);
  // The last of a name counts; masked files are /dev/null.
  return [...new Map([[DEV_NULL, DEV_NULL] as const, ...devices, ...mounts])];
}

/** On cgroup v1: where each hierarchy's saved directories go. CRIU finds its own on v2 (as runc). */
export function cgroupRoots({ kind, hierarchies }: CgroupPlan): Pairs {
  if (kind === "v2") return [];
  return hierarchies.flatMap(({ controllers, mountPoint, directory }) => {
    const path = directory.slice(mountPoint.length);
    // The unified hierarchy of a hybrid host has no controller's name.
    return directory.startsWith(`${mountPoint}/`) ? [[controllers.join(","), path] as const] : [];
  });
}

const CRIU_JOINS: Readonly<Record<string, string>> = { ipc: "ipc", uts: "uts", time: "time" };
/** checkpoint leaves these out of the images, by these keys. */
const EXTERNAL: Readonly<Record<string, string>> = { network: "extRootNetNS", pid: "extRootPidNS" };

/** Namespaces by path: those that CRIU joins, and those that it inherits as descriptors. */
export function namespacesToJoin(spec: Spec): { readonly joins: Pairs; readonly external: Pairs } {
  const joins: Pairs = [];
  const external: Pairs = [];
  for (const [index, { type, path }] of (spec.linux?.namespaces ?? []).entries()) {
    if (path === undefined || path === "") continue;
    const key = EXTERNAL[type];
    const name = CRIU_JOINS[type];
    if (key !== undefined) external.push([key, path]);
    else if (name !== undefined) joins.push([name, path]);
    else
      throw new OcirtError({
        action: "restore the container",
        pointer: `/linux/namespaces/${index}/path`,
        reason: `criu can't restore into another's ${type} namespace`,
      });
  }
  return { joins, external };
}

/** Pipes that were the process's standard streams: the caller's are given in their place (runc's file). */
export function descriptorsOf(images: string): (readonly [string, number])[] {
  const path = `${images}/descriptors.json`;
  let targets: unknown;
  try {
    targets = JSON.parse(files().readText(path));
  } catch (error) {
    const errno = isNativeError(error) ? error.code : undefined;
    throw new OcirtError({
      action: "read the images",
      path,
      ...(errno === undefined ? { reason: "it is damaged" } : { errno }),
    });
  }
  if (!Array.isArray(targets))
    throw new OcirtError({ action: "read the images", path, reason: "it is damaged" });
  return targets
    .slice(0, 3)
    .flatMap((target, fd) =>
      typeof target === "string" && target.startsWith("pipe:") ? [[target, fd] as const] : [],
    );
}
