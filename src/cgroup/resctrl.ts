/** The file system resctrl: classes of service and monitoring groups. Loaded where config.json asks for them. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { type IntelRdtPlan, missingLine } from "../plan/intel-rdt.ts";

const POINTER = "/linux/intelRdt";

/** Where resctrl is mounted; an error that says what is missing where it is not. */
export function resctrlRoot(mountinfo = files().readText("/proc/self/mountinfo")): string {
  const mount = mountinfo.split("\n").find((line) => line.includes(" - resctrl "));
  const root = mount?.split(" ")[4];
  if (root !== undefined) return root;
  throw new OcirtError({
    action: "set the class of service",
    pointer: POINTER,
    reason: "resctrl is not mounted",
    hint: "it takes a processor with RDT and a kernel with CONFIG_X86_CPU_RESCTRL: mount -t resctrl resctrl /sys/fs/resctrl",
  });
}

function failure(action: string, path: string, error: unknown): OcirtError {
  return new OcirtError({
    action,
    path,
    pointer: POINTER,
    errno: isNativeError(error) ? error.code : undefined,
    hint: "info/last_cmd_status of resctrl says more",
  });
}

/** Makes what is missing; whether it was there. */
function makeGroup(path: string): boolean {
  try {
    files().mkdir(path, 0o755);
    return false;
  } catch (error) {
    if (isNativeError(error) && error.code === "EEXIST") return true;
    throw failure("make the group of resctrl", path, error);
  }
}

function write(path: string, text: string): void {
  try {
    files().writeExisting(path, text);
  } catch (error) {
    throw failure("write to resctrl", path, error);
  }
}

/** A class that others may share is taken as it is: what config.json says of it must be so. */
function checkClass(directory: string, { group, schemata }: IntelRdtPlan): void {
  const missing = missingLine(schemata, files().readText(`${directory}/schemata`));
  if (missing === undefined) return;
  throw new OcirtError({
    action: "set the class of service",
    path: group,
    pointer: POINTER,
    reason: `the class is there already, and does not have \`${missing}\``,
  });
}

/** The directories that are the container's own, in the order in which they can be removed. */
export function ownGroups(root: string, { group, own, monitor }: IntelRdtPlan): string[] {
  const groups = monitor === undefined ? [] : [`${root}/${monitor}`];
  return own ? [...groups, `${root}/${group}`] : groups;
}

/** Puts the process into its class, which is made where it is missing, and into its monitoring group. */
export function enterGroups(root: string, plan: IntelRdtPlan, pid: number): void {
  const directory = plan.group === "" ? root : `${root}/${plan.group}`;
  const asIs = !plan.own && plan.schemata.length === 0;
  if (asIs && files().stat(directory, true) === undefined) {
    throw new OcirtError({
      action: "set the class of service",
      path: plan.group,
      pointer: `${POINTER}/closID`,
      reason: "there is no such class, and nothing says what it should have",
    });
  }
  const there = asIs || plan.group === "" || makeGroup(directory);
  if (there && !plan.own) checkClass(directory, plan);
  else if (plan.schemata.length > 0) write(`${directory}/schemata`, `${plan.schemata.join("\n")}\n`);
  write(`${directory}/tasks`, String(pid));
  if (plan.monitor === undefined) return;
  makeGroup(`${root}/${plan.monitor}`);
  write(`${root}/${plan.monitor}/tasks`, String(pid));
}

/** Other lines for the container's own class, the last of its groups. Throws an OcirtError where it has none. */
export function updateSchemata(groups: readonly string[], schemata: readonly string[]): void {
  const directory = groups.findLast((path) => !path.includes("/mon_groups/"));
  if (directory === undefined) {
    throw new OcirtError({
      action: "update the class of service",
      reason: "the container has no class of its own in resctrl",
      hint: "give it one by linux.intelRdt when it is created",
    });
  }
  write(`${directory}/schemata`, `${schemata.join("\n")}\n`);
}

/** Those that are gone already are no error. */
export function removeGroups(groups: readonly string[]): void {
  for (const path of groups) {
    try {
      files().rmdir(path);
    } catch (error) {
      if (!isNativeError(error) || error.code !== "ENOENT") {
        throw failure("remove the group of resctrl", path, error);
      }
    }
  }
}
