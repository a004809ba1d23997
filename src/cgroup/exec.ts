/** Which cgroups a process of `exec` joins, by the container's own and by --cgroup. Pure. */
import { OcirtError } from "../errors.ts";
import type { CgroupPaths } from "./plan.ts";

/** The container's cgroups with those below them that --cgroup names: `[CONTROLLER[,CONTROLLER]:]PATH`, by runc's rules. */
export function execCgroups(paths: CgroupPaths, given: readonly string[]): CgroupPaths {
  if (given.length === 0) return paths;
  if (Object.keys(paths).length === 0 && !given[0]?.includes(":"))
    throw invalid(given[0] ?? "", "the container has no cgroup");
  const below: Record<string, string> = {};
  for (const argument of given) {
    const [first = "", path, ...rest] = argument.split(":");
    if (rest.length > 0) throw invalid(argument, "it has more than one colon");
    if (path === undefined) {
      if (given.length > 1) throw invalid(argument, "the prefix CONTROLLER: is missing");
      for (const controller of Object.keys(paths)) below[controller] = first;
      continue;
    }
    for (const controller of first.split(",")) {
      if (below[controller] !== undefined) throw invalid(argument, `controller ${controller} is there twice`);
      if (paths[controller] === undefined) throw invalid(argument, `unknown controller ${controller}`);
      below[controller] = path;
    }
  }
  // Where controllers share a hierarchy the last one decides.
  const others = Object.entries(paths).filter(([controller]) => below[controller] === undefined);
  const named = Object.entries(below).map(([controller, path]): [string, string] => [
    controller,
    subPath(paths[controller] ?? "", path),
  ]);
  return Object.fromEntries([...others, ...named]);
}

function subPath(directory: string, path: string): string {
  const components = path.split("/").filter((component) => component !== "" && component !== ".");
  if (components.includes(".."))
    throw invalid(path, "bad sub cgroup path: it may not lead out of the container's cgroup");
  return [directory, ...components].join("/");
}

function invalid(argument: string, reason: string): OcirtError {
  return new OcirtError({ action: "use --cgroup", path: argument, reason });
}
