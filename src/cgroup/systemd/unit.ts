/**
 * The unit that is a container's cgroup under systemd: `linux.cgroupsPath` as `slice:prefix:name`, in runc's form.
 * Pure. systemd.unit(5), systemd.slice(5).
 */
import { OcirtError } from "../../errors.ts";

export interface SystemdUnit {
  /** `system.slice`. */
  readonly slice: string;
  /** `cri-containerd-ID.scope`; a name that ends with `.slice` is a slice itself. */
  readonly name: string;
}

const POINTER = "/linux/cgroupsPath";
const PREFIX = "ocirt";
const LONGEST = 255;

function refuse(path: string, reason: string, hint?: string): OcirtError {
  return new OcirtError({ action: "use the cgroups path", path, pointer: POINTER, reason, hint });
}

/** Letters that a unit's name may not have, as systemd-escape(1) writes them. */
function escaped(name: string): string {
  return name.replace(/[^A-Za-z0-9:_.\\-]/gu, (letter) =>
    Array.from(new TextEncoder().encode(letter), (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(
      "",
    ),
  );
}

/** Throws an OcirtError for a path of another form. */
export function systemdUnit(cgroupsPath: string | undefined, id: string, rootless: boolean): SystemdUnit {
  const standard = rootless ? "user.slice" : "system.slice";
  const path = cgroupsPath ?? "";
  if (path === "") return { slice: standard, name: unitName(PREFIX, id) };
  const [slice = "", prefix = "", name = "", ...more] = path.split(":");
  if (path.split(":").length !== 3 || more.length > 0 || name === "") {
    throw refuse(
      path,
      "systemd's form is slice:prefix:name",
      "write it as in system.slice:ocirt:NAME, or use --cgroup-manager=cgroupfs",
    );
  }
  const unit = { slice: slice === "" ? standard : slice, name: unitName(prefix, name) };
  sliceDirectory(unit.slice);
  if (unit.name.length > LONGEST) throw refuse(path, `the unit's name is longer than ${LONGEST} characters`);
  return unit;
}

function unitName(prefix: string, name: string): string {
  if (name.endsWith(".slice")) return escaped(name);
  return escaped(prefix === "" ? `${name}.scope` : `${prefix}-${name}.scope`);
}

/** The directory of a slice: dashes say which slices it lies in (`a-b.slice` is `/a.slice/a-b.slice`). */
export function sliceDirectory(slice: string): string {
  if (slice === "-.slice") return "";
  const stem = slice.endsWith(".slice") ? slice.slice(0, -".slice".length) : "";
  const words = stem.split("-");
  if (words.includes("") || /[^A-Za-z0-9:_.\\-]/.test(stem))
    throw refuse(
      slice,
      "it is no name of a slice",
      "a slice is named as in machine.slice or kubepods-burstable.slice",
    );
  return words.map((_, index) => `/${words.slice(0, index + 1).join("-")}.slice`).join("");
}

/** The unit's cgroup, below that of its manager ("" for the system's). */
export const unitDirectory = ({ slice, name }: SystemdUnit, manager: string): string =>
  `${manager}${sliceDirectory(slice)}/${name}`;
