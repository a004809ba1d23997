/** The global options' values in the terms of the lifecycle functions. */
import type { GlobalOptions } from "../container/options.ts";
import { OcirtError } from "../errors.ts";
import { files } from "../native/index.ts";
import { inUserNamespace } from "../native/user-namespace.ts";
import type { GlobalValues } from "./parse.ts";

const SYSTEM_ROOT = "/run/ocirt";

/** --rootless, or for `auto` the effective uid. */
function isRootless(values: GlobalValues): boolean {
  return values.rootless === "auto" ? process.geteuid?.() !== 0 : values.rootless === "true";
}

/** Root of a user namespace, as podman's is to an ordinary user, has the user's directory where it is told (as runc). */
function systemRoot(): string {
  const { XDG_RUNTIME_DIR: runtime, USER: user } = process.env;
  return runtime && user !== "root" && inUserNamespace() ? `${runtime}/ocirt` : SYSTEM_ROOT;
}

function defaultRoot(rootless: boolean): string {
  if (!rootless) return systemRoot();
  const runtime = process.env.XDG_RUNTIME_DIR || usersDirectory(process.geteuid?.() ?? 0);
  if (runtime) return `${runtime}/ocirt`;
  throw new OcirtError({
    action: "find the state directory",
    reason: "XDG_RUNTIME_DIR is not set",
    hint: "set it, or name a directory with --root",
  });
}

/** What the login made, where the caller's environment doesn't tell it; undefined where it isn't the user's own. */
function usersDirectory(uid: number): string | undefined {
  const path = `/run/user/${uid}`;
  const status = files().stat(path, false);
  return status?.uid === uid && (status.mode & 0o777) === 0o700 ? path : undefined;
}

function absolute(path: string): string {
  const whole = path.startsWith("/") ? path : `${process.cwd()}/${path}`;
  return whole.replace(/\/+$/, "") || "/";
}

/** Throws an OcirtError where no state directory can be found. */
export function globalOptions(values: GlobalValues): GlobalOptions {
  const cgroupManager = values["systemd-cgroup"] ? "systemd" : values["cgroup-manager"];
  return {
    // Commands without containers have no use for it, and it may not be there.
    get root() {
      return absolute(values.root ?? defaultRoot(isRootless(values)));
    },
    rootGiven: values.root !== undefined,
    cgroupManager,
    rootless: values.rootless === "auto" ? "auto" : values.rootless === "true",
    debug: values.debug,
    ...(values.log === undefined ? {} : { log: values.log }),
    logFormat: values["log-format"],
  };
}
