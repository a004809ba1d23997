/** The global options' values in the terms of the lifecycle functions. */
import type { GlobalOptions } from "../container/options.ts";
import { OcirtError } from "../errors.ts";
import type { GlobalValues } from "./parse.ts";

/** --rootless, or for `auto` the effective uid. */
function isRootless(values: GlobalValues): boolean {
  return values.rootless === "auto" ? process.geteuid?.() !== 0 : values.rootless === "true";
}

function defaultRoot(rootless: boolean): string {
  if (!rootless) return "/run/ocirt";
  const runtime = process.env.XDG_RUNTIME_DIR;
  if (runtime) return `${runtime}/ocirt`;
  throw new OcirtError({
    action: "find the state directory",
    reason: "XDG_RUNTIME_DIR is not set",
    hint: "set it, or name a directory with --root",
  });
}

function absolute(path: string): string {
  const whole = path.startsWith("/") ? path : `${process.cwd()}/${path}`;
  return whole.replace(/\/+$/, "") || "/";
}

/** Throws an OcirtError for what is known and not supported, and where no state directory can be found. */
export function globalOptions(values: GlobalValues): GlobalOptions {
  const cgroupManager = values["systemd-cgroup"] ? "systemd" : values["cgroup-manager"];
  if (cgroupManager === "systemd") {
    throw new OcirtError({
      action: "use systemd as the cgroup manager",
      reason: "this version of ocirt does not talk to systemd",
      hint: "use --cgroup-manager=cgroupfs",
    });
  }
  return {
    root: absolute(values.root ?? defaultRoot(isRootless(values))),
    rootGiven: values.root !== undefined,
    cgroupManager,
    rootless: values.rootless === "auto" ? "auto" : values.rootless === "true",
    debug: values.debug,
    ...(values.log === undefined ? {} : { log: values.log }),
    logFormat: values["log-format"],
  };
}
