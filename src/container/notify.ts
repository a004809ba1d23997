/**
 * The way of a service's word that it is ready (sd_notify(3)) out of its container, as runc has it: the container gets a
 * socket of its own, and one line of what it says there goes on to the service manager.
 */
import { files } from "../native/index.ts";
import { processes } from "../native/process.ts";
import { watching } from "../native/watch.ts";
import { environment } from "../plan/process.ts";
import type { Spec } from "../spec/types.ts";
import { directoryOf } from "./store.ts";

const SOCKET = "notify.sock";
/** runc's places in the container. */
const INSIDE = "/run/notify";

/** The directory of the container's socket on the host. */
const placeOf = (root: string, id: string) => `${directoryOf(root, id)}/notify`;

/** The configuration with the socket's directory mounted, and the variable that names it. */
export function withNotifySocket(spec: Spec, root: string, id: string): Spec {
  if (spec.process === undefined) return spec;
  const options = ["bind", "nosuid", "noexec", "nodev", "rw"];
  const mount = { destination: INSIDE, type: "bind", source: placeOf(root, id), options };
  const env = environment([...(spec.process.env ?? []), `NOTIFY_SOCKET=${INSIDE}/${SOCKET}`]);
  return { ...spec, mounts: [...(spec.mounts ?? []), mount], process: { ...spec.process, env } };
}

/** What the mount is of, before init looks for it. */
export function makeNotifyDirectory(root: string, id: string): void {
  files().mkdir(placeOf(root, id), 0o755);
}

/** The container's socket, before its program begins; -1 where it was created without a place for one. */
export function openNotifySocket(root: string, id: string): number {
  const place = placeOf(root, id);
  return files().stat(place, false) === undefined ? -1 : watching().bindDatagram(place, SOCKET);
}

/** Waits until the container is ready or has ended; in the background for as long as the command runs. */
export function forwardReady(socket: number, host: string, pid: number, background: boolean): void {
  const pidfd = processes().pidfdOpen(pid);
  try {
    // The command itself is the service's main process where it waits for the container.
    watching().forwardReady(socket, pidfd, host, background ? 0 : pid, background);
  } finally {
    files().close(pidfd);
    files().close(socket);
  }
}
