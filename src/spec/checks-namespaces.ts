/** Checks of the namespaces, and of what needs one (config-linux.md, namespaces and what follows). */
import { pointerToken } from "./pointer.ts";
import type { Check, Report } from "./semantics.ts";
import { sysctlNamespace } from "./sysctl.ts";
import type { IdMapping, NamespaceType, Spec } from "./types.ts";

const NAMESPACES = "/linux/namespaces";

export const NAMESPACE_CHECKS: readonly Check[] = [
  {
    reads: [NAMESPACES],
    run: ({ linux }, report) => {
      const seen = new Set<string>();
      linux?.namespaces?.forEach(({ type }, index) => {
        if (seen.has(type)) report(`${NAMESPACES}/${index}`, `the namespace \`${type}\` is there twice`);
        seen.add(type);
      });
    },
  },
  {
    reads: [NAMESPACES, "/hostname", "/domainname"],
    run: (spec, report) => {
      for (const name of ["hostname", "domainname"] as const) {
        if ((spec[name] ?? "") !== "") need(spec, "uts", `/${name}`, report);
      }
    },
  },
  {
    reads: [NAMESPACES, "/linux/maskedPaths", "/linux/readonlyPaths"],
    run: (spec, report) => {
      for (const name of ["maskedPaths", "readonlyPaths"] as const) {
        if ((spec.linux?.[name] ?? []).length > 0) need(spec, "mount", `/linux/${name}`, report);
      }
    },
  },
  {
    reads: [NAMESPACES, "/linux/uidMappings", "/linux/gidMappings"],
    run: (spec, report) => {
      for (const name of ["uidMappings", "gidMappings"] as const) {
        const mappings = spec.linux?.[name] ?? [];
        if (mappings.length === 0) continue;
        need(spec, "user", `/linux/${name}`, report);
        checkMappings(mappings, `/linux/${name}`, report);
      }
    },
  },
  {
    reads: [NAMESPACES, "/linux/timeOffsets"],
    run: (spec, report) => {
      const clocks = Object.keys(spec.linux?.timeOffsets ?? {});
      if (clocks.length === 0) return;
      const time = spec.linux?.namespaces?.find(({ type }) => type === "time");
      if ((time?.path ?? "") !== "")
        report("/linux/timeOffsets", "a time namespace that is joined takes no offsets");
      need(spec, "time", "/linux/timeOffsets", report);
      for (const clock of clocks) {
        if (clock === "monotonic" || clock === "boottime") continue;
        report(
          `/linux/timeOffsets/${pointerToken(clock)}`,
          `expected the clock \`monotonic\` or \`boottime\`, found \`${clock}\``,
        );
      }
    },
  },
  {
    reads: [NAMESPACES, "/linux/sysctl", "/domainname"],
    run: (spec, report) => {
      for (const key of Object.keys(spec.linux?.sysctl ?? {})) {
        const wrong = sysctlFault(spec, key);
        if (wrong !== undefined) report(`/linux/sysctl/${pointerToken(key)}`, wrong);
      }
    },
  },
  {
    reads: [NAMESPACES, "/linux/netDevices"],
    run: (spec, report) => {
      const devices = Object.entries(spec.linux?.netDevices ?? {});
      if (devices.length === 0) return;
      need(spec, "network", "/linux/netDevices", report);
      const seen = new Set<string>();
      for (const [outside, { name = "" }] of devices) {
        const pointer = `/linux/netDevices/${pointerToken(outside)}`;
        if (!isInterfaceName(outside)) report(pointer, `\`${outside}\` is no name of a network interface`);
        const inside = name === "" ? outside : name;
        if (name !== "" && !isInterfaceName(name)) {
          report(`${pointer}/name`, `\`${name}\` is no name of a network interface`);
        }
        if (seen.has(inside)) report(pointer, `the interface \`${inside}\` is there twice in the container`);
        seen.add(inside);
      }
    },
  },
];

function need(spec: Spec, type: NamespaceType, pointer: string, report: Report): void {
  if (!has(spec, type)) report(pointer, needed(type));
}

function has({ linux }: Spec, type: NamespaceType): boolean {
  return linux?.namespaces?.some((namespace) => namespace.type === type) ?? false;
}

function needed(type: NamespaceType): string {
  return `needs a ${type} namespace, which linux.namespaces does not have`;
}

function sysctlFault(spec: Spec, key: string): string | undefined {
  const { name, namespace } = sysctlNamespace(key);
  if (name === "kernel.hostname") return "conflicts with `hostname`, which sets it";
  if (name === "kernel.domainname" && (spec.domainname ?? "") !== "") {
    return "conflicts with `domainname`, which sets it too";
  }
  if (namespace === undefined) {
    return `the sysctl \`${key}\` is not in a namespace, and would be set for the whole host`;
  }
  return has(spec, namespace) ? undefined : needed(namespace);
}

/** user_namespaces(7): ranges stay below 2^32 and overlap on neither side. */
function checkMappings(mappings: readonly IdMapping[], pointer: string, report: Report): void {
  mappings.forEach((mapping, index) => {
    for (const side of ["containerID", "hostID"] as const) {
      const end = mapping[side] + mapping.size;
      if (end > 2 ** 32)
        report(`${pointer}/${index}/size`, `${side} and size go beyond the last id 4294967295`);
      const other = mappings.findIndex(
        (earlier, at) => at < index && earlier[side] < end && mapping[side] < earlier[side] + earlier.size,
      );
      if (other >= 0) report(`${pointer}/${index}/${side}`, `overlaps with ${pointer}/${other}`);
    }
  });
}

/** As the kernel's dev_valid_name: below 16 bytes, no path, no colon, no space. */
function isInterfaceName(name: string): boolean {
  return name !== "." && name !== ".." && /^[^\s/:]{1,15}$/.test(name);
}
