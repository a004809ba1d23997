/** Id-mapped mounts: which mapping a mount of config.json asks for (config.md, Mounts). Pure. */
import { OcirtError } from "../errors.ts";
import type { IdMapping, Mount, Spec } from "../spec/types.ts";

export interface MountMapping {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
  /** Also of the mounts below. */
  readonly recursive: boolean;
  /** The mapping is that of the user namespace that the container joins, which config.json does not tell. */
  readonly joined?: boolean;
}

const OPTION = /^(r?)idmap(?:=(.*))?$/;

/** Whether a mount option is about the mapping. */
export const isMappingOption = (option: string): boolean => OPTION.test(option);

/**
 * crun's form: "uids=0-1-100#5-6-1;gids=0-1-100", each container id, host id, count. With "@" before it, the second
 * id is one of the container's user namespace.
 */
function parseOption(text: string, spec: Spec, pointer: string): Pick<MountMapping, "uids" | "gids"> {
  const read = (name: "uids" | "gids"): IdMapping[] => {
    const part = text.split(";").find((each) => each.startsWith(`${name}=`));
    return (part?.slice(name.length + 1) ?? "").split("#").map((triple) => {
      const match = /^(@?)(\d+)-(\d+)-(\d+)$/.exec(triple);
      const containers = name === "uids" ? spec.linux?.uidMappings : spec.linux?.gidMappings;
      const hostID = match?.[1] ? onHost(Number(match[3]), containers) : Number(match?.[3]);
      if (match === null || hostID === undefined) {
        throw new OcirtError({
          action: "plan the mount",
          pointer,
          reason: `\`${text}\` is no id mapping`,
          hint: "write it as in idmap=uids=0-1000-10;gids=0-1000-10 (container id, host id, count)",
        });
      }
      return { containerID: Number(match[2]), hostID, size: Number(match[4]) };
    });
  };
  return { uids: read("uids"), gids: read("gids") };
}

/** The host's id for one of a user namespace; undefined where it is not mapped. */
export function onHost(id: number, mappings: readonly IdMapping[] = []): number | undefined {
  const range = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range === undefined ? undefined : id - range.containerID + range.hostID;
}

/** The mapping of a mount: its own, that of its option, else the container's; undefined where none is asked for. */
export function mountMapping(spec: Spec, mount: Mount, pointer: string): MountMapping | undefined {
  const index = mount.options?.findIndex(isMappingOption) ?? -1;
  const match = OPTION.exec(mount.options?.[index] ?? "");
  const recursive = match?.[1] === "r";
  if (match?.[2]) return { ...parseOption(match[2], spec, `${pointer}/options/${index}`), recursive };
  if (mount.uidMappings?.length && mount.gidMappings?.length) {
    return { uids: mount.uidMappings, gids: mount.gidMappings, recursive };
  }
  if (match === null) return undefined;
  const { uidMappings = [], gidMappings = [] } = spec.linux ?? {};
  if (uidMappings.length === 0 || gidMappings.length === 0) {
    const joined = spec.linux?.namespaces?.some(({ type, path }) => type === "user" && path);
    if (joined) return { uids: [], gids: [], recursive, joined };
    throw new OcirtError({
      action: "plan the mount",
      path: mount.destination,
      pointer: `${pointer}/options/${index}`,
      reason: "there is no mapping, neither of the mount nor of a user namespace",
      hint: "add uidMappings and gidMappings to the mount",
    });
  }
  return { uids: uidMappings, gids: gidMappings, recursive };
}

/** What those lines say. */
export const parseMappings = (text: string): IdMapping[] =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([containerID = 0, hostID = 0, size = 0]) => ({ containerID, hostID, size }));

/** The lines of /proc/PID/uid_map: inside, outside, count (user_namespaces(7)). */
export function mappingLines(mappings: readonly IdMapping[] = []): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join("");
}
