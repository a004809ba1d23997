/** The mounts of config.json (config.md, Mounts) as steps. Pure. */
import { OcirtError } from "../errors.ts";
import { FORCE_CGROUP_V1, MOUNT_CONTEXT, MOUNT_CONTEXTS } from "../spec/annotations.ts";
import type { Mount, Spec } from "../spec/types.ts";
import { planCgroupMount, planSystemdHierarchy } from "./cgroup-mount.ts";
import type { MountContext } from "./context.ts";
import { isMappingOption, type MountMapping, mountMapping } from "./idmap.ts";
import { ATTR, mountOption } from "./mount-options.ts";
import { BIND_FLAGS, type Step, type StepOf } from "./steps.ts";

/** What a mount's list of options comes to. */
export interface ParsedOptions {
  readonly set: bigint;
  readonly clear: bigint;
  readonly setAll: bigint;
  readonly clearAll: bigint;
  readonly bind: "no" | "bind" | "rbind";
  /** BIND_FLAGS. */
  readonly bindFlags: number;
  readonly remount: boolean;
  /** tmpcopyup: of a tmpfs only. */
  readonly copyUp: boolean;
  readonly propagation: readonly number[];
  /** Options of the file system itself. */
  readonly data: readonly string[];
}

/** Reads the options in order: of two that exclude each other the last one wins. */
export function parseMountOptions(options: readonly string[]): ParsedOptions {
  const state = { set: 0n, clear: 0n, setAll: 0n, clearAll: 0n };
  let bind: ParsedOptions["bind"] = "no";
  let remount = false;
  let copyUp = false;
  let bindFlags = 0;
  const propagation: number[] = [];
  const data: string[] = [];
  for (const text of options) {
    const option = mountOption(text);
    if (option === undefined) {
      if (!isMappingOption(text)) data.push(text);
      continue;
    }
    switch (option.kind) {
      case "attribute":
        // Nothing set and nothing but the group cleared is relatime: also a statement.
        state.clear = (state.clear & ~(option.set ?? 0n)) | (option.clear ?? 0n);
        state.set = (state.set & ~(option.clear ?? 0n)) | (option.set ?? 0n);
        break;
      case "recursive":
        state.clearAll = (state.clearAll & ~(option.set ?? 0n)) | (option.clear ?? 0n);
        state.setAll = (state.setAll & ~(option.clear ?? 0n)) | (option.set ?? 0n);
        break;
      case "bind":
        bind = option.recursive ? "rbind" : "bind";
        break;
      case "propagation":
        propagation.push(option.flags);
        break;
      case "remount":
        remount = true;
        break;
      case "superblock":
        data.push(text);
        break;
      case "bindFlag":
        bindFlags |= option.flag;
        break;
      case "copyUp":
        copyUp = true;
        break;
      case "mapping":
      case "nothing":
        break;
    }
  }
  return { ...state, bind, bindFlags, remount, copyUp, propagation, data };
}

/** Mount points below /proc that lxcfs and engines cover; any other would hide what the kernel says. */
const COVERABLE_PROC = new Set(
  [
    "cpuinfo",
    "diskstats",
    "meminfo",
    "stat",
    "swaps",
    "uptime",
    "loadavg",
    "slabinfo",
    "net/dev",
    "sys/kernel/ns_last_pid",
    "sys/crypto/fips_enabled",
  ].map((name) => `/proc/${name}`),
);

function checkProc(mount: Mount, target: string, pointer: string): void {
  if (!target.startsWith("/proc/") || COVERABLE_PROC.has(target)) return;
  if (mount.type === "proc" || mount.source?.startsWith("/proc")) return;
  throw new OcirtError({
    action: "plan the mount",
    path: target,
    pointer: `${pointer}/destination`,
    reason: "it is inside /proc, where a mount would forge what the kernel says",
    hint: "use linux.maskedPaths or linux.readonlyPaths",
  });
}

/** The destination as an absolute, lexically clean path; relative ones are below "/". */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function isBind(mount: Mount, parsed: ParsedOptions): boolean {
  return parsed.bind !== "no" || mount.type === "bind" || mount.type === "rbind";
}

interface Place {
  readonly target: string;
  readonly pointer: string;
  readonly bundle: string;
}

function bindStep(
  mount: Mount,
  parsed: ParsedOptions,
  mapping: MountMapping | undefined,
  { target, pointer, bundle }: Place,
): Step {
  if (!mount.source) {
    throw new OcirtError({
      action: "plan the mount",
      path: target,
      pointer,
      reason: "a bind mount needs a source",
    });
  }
  // Sizes and modes mean nothing here and come from engines; a bare word nobody knows is a mistake.
  const unknown = parsed.data.find((option) => !option.includes("=") && mountOption(option) === undefined);
  if (unknown) {
    throw new OcirtError({
      action: "plan the mount",
      path: target,
      pointer,
      reason: `there is no option \`${unknown}\` for a bind mount`,
    });
  }
  return {
    kind: "bind",
    pointer,
    source: mount.source.startsWith("/") ? mount.source : `${bundle}/${mount.source}`,
    target,
    recursive: parsed.bind === "rbind" || mount.type === "rbind" ? 1 : 0,
    flags: parsed.bindFlags | (mapping === undefined ? 0 : BIND_FLAGS.fromHost),
    set: parsed.set,
    clear: parsed.clear,
    setAll: parsed.setAll,
    clearAll: parsed.clearAll,
    propagation: parsed.propagation,
  };
}

/** File systems of the kernel's own, whose files have labels by the policy. */
const UNLABELLED: ReadonlySet<string> = new Set(["proc", "sysfs", "cgroup", "cgroup2", "mqueue"]);

/** `linux.mountLabel` as an option of a new file system, unless the mount has one of the kind already. */
function labelOption(spec: Spec | undefined, type: string, data: readonly string[]): string[] {
  const label = spec?.linux?.mountLabel;
  if (!label || UNLABELLED.has(type)) return [];
  const kind = spec?.annotations?.[MOUNT_CONTEXT] ?? "context";
  return data.some((option) => option.startsWith(`${kind}=`)) ? [] : [`${kind}=${label}`];
}

/** Whether mounts are labelled: as in crun, where there is no SELinux nothing has a label. */
function hasMountLabel(spec: Spec, { selinux, warn }: MountContext): boolean {
  if (!spec.linux?.mountLabel) return false;
  const kind = spec.annotations?.[MOUNT_CONTEXT];
  if (kind !== undefined && !MOUNT_CONTEXTS.includes(kind)) {
    throw new OcirtError({
      action: "plan the mounts",
      path: kind,
      pointer: `/annotations/${MOUNT_CONTEXT}`,
      reason: "SELinux has no such option of a mount",
      hint: `use one of ${MOUNT_CONTEXTS.join(", ")}`,
    });
  }
  if (selinux()) return true;
  warn("SELinux is not in force on this host, no mount is labelled (config.json /linux/mountLabel)");
  return false;
}

function notMappable(target: string, pointer: string): OcirtError {
  const reason = "only a bind mount can be id-mapped";
  return new OcirtError({ action: "plan the mount", path: target, pointer, reason });
}

/** What the kernel takes as options of the file system: "defaults" and empty words are nobody's. */
function fileSystemStep(
  spec: Spec | undefined,
  mount: Mount,
  target: string,
  parsed: ParsedOptions,
  pointer: string,
): StepOf<"mount"> {
  const type = mount.type ?? "";
  if (type === "" || type === "none") {
    throw new OcirtError({ action: "plan the mount", path: target, pointer, reason: "it has no type" });
  }
  if (parsed.copyUp && (type !== "tmpfs" || target === "/")) {
    throw new OcirtError({
      action: "plan the mount",
      path: target,
      pointer,
      reason: "`tmpcopyup` is for a tmpfs on a directory other than /",
    });
  }
  // mount(2) had flags for what some file systems now have options for, and a tmpfs has none.
  const ignored = type === "tmpfs" ? ["", "async", "acl", "noacl"] : ["", "async"];
  const options = parsed.data.filter((option) => !ignored.includes(option));
  const inherits = type === "tmpfs" && !options.some((option) => option.startsWith("mode="));
  return {
    kind: "mount",
    pointer,
    target,
    type,
    source: mount.source || type,
    options: [...options, ...labelOption(spec, type, options)],
    attributes: parsed.set | parsed.setAll,
    propagation: parsed.propagation,
    inheritMode: inherits ? 1 : 0,
    ordinary: type === "proc" || type === "sysfs" ? 1 : 0,
    copyUp: parsed.copyUp ? 1 : 0,
  };
}

/** Whether the container brings its own /dev by a bind mount: then nothing is made in it. */
export function bringsOwnDev(spec: Spec): boolean {
  return (spec.mounts ?? []).some(
    (mount) =>
      cleanPath(mount.destination) === "/dev" && isBind(mount, parseMountOptions(mount.options ?? [])),
  );
}

export interface MountPlan {
  readonly steps: readonly Step[];
  /** What makes a file system read-only that devices and hooks still write into. */
  readonly late: readonly Step[];
}

export function planMounts(spec: Spec, context: MountContext, cgroupNamespace: boolean): MountPlan {
  const steps: Step[] = [];
  const late: Step[] = [];
  const labelled = hasMountLabel(spec, context);
  (spec.mounts ?? []).forEach((mount, index) => {
    const pointer = `/mounts/${index}`;
    const target = cleanPath(mount.destination);
    const parsed = parseMountOptions(mount.options ?? []);
    const mapping = mountMapping(spec, mount, pointer);
    checkProc(mount, target, pointer);
    if (parsed.remount) {
      const { set, clear, propagation } = parsed;
      steps.push({ kind: "remount", pointer, target, set, clear, propagation });
    } else if (target === spec.annotations?.[FORCE_CGROUP_V1]) {
      steps.push(...planSystemdHierarchy(target, parsed, pointer));
    } else if (mount.type === "cgroup" && !isBind(mount, parsed)) {
      steps.push(...planCgroupMount(target, parsed, context, cgroupNamespace, pointer));
    } else if (isBind(mount, parsed)) {
      steps.push(bindStep(mount, parsed, mapping, { target, pointer, bundle: context.bundle }));
    } else {
      if (mapping !== undefined) throw notMappable(target, pointer);
      const step = fileSystemStep(labelled ? spec : undefined, mount, target, parsed, pointer);
      const devices = target === "/dev" && (step.attributes & ATTR.RDONLY) !== 0n;
      steps.push(devices ? { ...step, attributes: step.attributes & ~ATTR.RDONLY } : step);
      if (devices)
        late.push({ kind: "remount", pointer, target, set: ATTR.RDONLY, clear: 0n, propagation: [] });
    }
  });
  return { steps, late };
}
