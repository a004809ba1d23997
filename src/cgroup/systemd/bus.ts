/** Units over D-Bus. Only the second half of the executable has these functions (native/addon/systemd.cc). */
import { OcirtError } from "../../errors.ts";
import { files, isNativeError, native } from "../../native/index.ts";
import type { Property } from "./variant.ts";

interface SystemdNative {
  /** How the job ended: "done", "failed", "canceled", …; "timeout" after 30 s. */
  systemdJob(
    user: boolean,
    method: string,
    unit: string,
    mode: string,
    properties?: readonly Property[],
  ): string;
  systemdCall(user: boolean, method: string, unit: string, properties?: readonly Property[]): void;
  systemdManager(user: boolean, property: string): string;
}

/** What is kept of a container's unit. */
export interface Scope {
  readonly unit: string;
  /** Whether the user's manager has it, not the system's. */
  readonly user: boolean;
}

const NO_SUCH_UNIT = "org.freedesktop.systemd1.NoSuchUnit";
const UNIT_EXISTS = "org.freedesktop.systemd1.UnitExists";

/** Throws where systemd is not the init of this host (sd_booted(3)). */
export function requireSystemd(): void {
  if (files().stat("/run/systemd/system", false) !== undefined) return;
  throw new OcirtError({
    action: "use the cgroup manager systemd",
    reason: "systemd does not run on this host: there is no /run/systemd/system",
    hint: "use --cgroup-manager=cgroupfs",
  });
}

const dbusName = (error: unknown): string | undefined => (error as { dbus?: string }).dbus;

function failed(action: string, unit: string, error: unknown): unknown {
  if (!isNativeError(error)) return error;
  const { reason = error.message } = error as { reason?: string };
  const hint =
    error.code === "ENOENT" && error.syscall.includes("libsystemd")
      ? "install libsystemd0, or use --cgroup-manager=cgroupfs"
      : undefined;
  return new OcirtError({ action, path: unit, reason: `${error.syscall}: ${reason}`, hint });
}

/** The cgroup of the user's manager, in which its units are; "" for the system's. */
export function managerCgroup(user: boolean): string {
  if (!user) return "";
  try {
    return native<SystemdNative>().systemdManager(user, "ControlGroup").replace(/\/$/, "");
  } catch (error) {
    throw failed("ask the user's systemd for its cgroup", "user.slice", error);
  }
}

/** Starts the unit with the process in it, and waits until systemd has done so. */
export function startUnit({ unit, user }: Scope, properties: readonly Property[], pid: number): void {
  const all: Property[] = unit.endsWith(".slice") ? [...properties] : [...properties, ["PIDs", "au", [pid]]];
  const start = () => native<SystemdNative>().systemdJob(user, "StartTransientUnit", unit, "fail", all);
  let result: string;
  try {
    try {
      result = start();
    } catch (error) {
      if (dbusName(error) !== UNIT_EXISTS) throw error;
      // One that failed before is still known; one that runs refuses to be reset.
      native<SystemdNative>().systemdCall(user, "ResetFailedUnit", unit);
      result = start();
    }
  } catch (error) {
    throw failed("start the systemd unit", unit, error);
  }
  if (result !== "done")
    throw new OcirtError({
      action: "start the systemd unit",
      path: unit,
      reason: `its job ended with ${result}`,
    });
}

/** Stops the unit, whose processes are dead already; one that is gone is fine. */
export function stopUnit({ unit, user }: Scope): void {
  try {
    native<SystemdNative>().systemdJob(user, "StopUnit", unit, "replace");
  } catch (error) {
    if (dbusName(error) !== NO_SUCH_UNIT) throw failed("stop the systemd unit", unit, error);
  }
}

/** Changes the unit's limits, until it ends. */
export function setUnitProperties({ unit, user }: Scope, properties: readonly Property[]): void {
  if (properties.length === 0) return;
  try {
    native<SystemdNative>().systemdCall(user, "SetUnitProperties", unit, properties);
  } catch (error) {
    throw failed("set the properties of the systemd unit", unit, error);
  }
}
