/** Who wants a pidfd of the container's process (run.oci.pidfd_receiver). */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes } from "../native/process.ts";
import { PIDFD_RECEIVER } from "../spec/annotations.ts";

/** Sends it, with the container's id as text. */
export function sendPidfd(path: string, id: string, pid: number): void {
  const open: number[] = [];
  try {
    const socket = processes().connectStream(path);
    open.push(socket);
    const pidfd = processes().pidfdOpen(pid);
    open.push(pidfd);
    processes().sendDescriptor(socket, pidfd, id);
  } catch (error) {
    throw new OcirtError({
      action: "send the pidfd to its receiver",
      path,
      pointer: `/annotations/${PIDFD_RECEIVER}`,
      errno: isNativeError(error) ? error.code : undefined,
      hint: "it must listen before the container is created",
    });
  } finally {
    for (const fd of open) files().close(fd);
  }
}
