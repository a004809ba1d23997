/** `linux.intelRdt` (config-linux.md, IntelRdt): which groups of resctrl, and what is written there. Pure. */
import { OcirtError } from "../errors.ts";
import type { IntelRdt } from "../spec/types.ts";

export interface IntelRdtPlan {
  /** Directory of the class of service below the root of resctrl; "" is the root itself. */
  readonly group: string;
  /** Whether the class is the container's own: it goes with it. */
  readonly own: boolean;
  /** Lines for the file `schemata`; none where a class is taken as it is. */
  readonly schemata: readonly string[];
  /** Directory of the monitoring group below the root of resctrl. */
  readonly monitor: string | undefined;
}

const POINTER = "/linux/intelRdt";

/** closID "/" is the default class; any other is a name. */
function groupOf(closID: string): string {
  if (closID === "/") return "";
  if (closID === "." || closID === ".." || closID.includes("/")) {
    throw new OcirtError({
      action: "plan the class of service",
      path: closID,
      pointer: `${POINTER}/closID`,
      reason: "it is no name of a directory",
    });
  }
  return closID;
}

const lines = (text = ""): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export function planIntelRdt(rdt: IntelRdt, id: string): IntelRdtPlan {
  const group = groupOf(rdt.closID || id);
  const bandwidth = lines(rdt.memBwSchema);
  // Where both have lines of the bandwidth, those of memBwSchema count.
  const cache = lines(rdt.l3CacheSchema).filter((line) => bandwidth.length === 0 || !line.startsWith("MB:"));
  const monitors = rdt.enableMonitoring || rdt.enableCMT || rdt.enableMBM;
  return {
    group,
    own: !rdt.closID,
    schemata: [...cache, ...bandwidth, ...(rdt.schemata ?? []).flatMap((text) => lines(text))],
    monitor: monitors ? `${group === "" ? "" : `${group}/`}mon_groups/${id}` : undefined,
  };
}

/** "L3:0=0ff;1=3" as resource, domain, value; values without the zeros that the kernel puts before them. */
function settings(line: string): [key: string, value: string][] {
  const [resource = "", list = ""] = line.split(":");
  return list.split(";").map((part) => {
    const [domain = "", value = ""] = part.split("=");
    return [
      `${resource.trim()}:${domain.trim()}`,
      value
        .trim()
        .toLowerCase()
        .replace(/^0+(?=.)/, ""),
    ];
  });
}

/** The first of the wanted lines that a class of service doesn't have. */
export function missingLine(wanted: readonly string[], present: string): string | undefined {
  const there = new Map(lines(present).flatMap((line) => settings(line)));
  return wanted.find((line) => settings(line).some(([key, value]) => there.get(key) !== value));
}
