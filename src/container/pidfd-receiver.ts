/** Who wants a pidfd of a container's process: --pidfd-socket, or the annotation run.oci.pidfd_receiver. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes } from "../native/process.ts";

/** Sends it with a text. `pointer`: where config.json names the socket. */
export function sendPidfd(path: string, text: string, pid: number, pointer?: string): void {
  const open: number[] = [];
  try {
    const socket = processes().connectStream(path);
    open.push(socket);
    const pidfd = processes().pidfdOpen(pid);
    open.push(pidfd);
    processes().sendDescriptor(socket, pidfd, text);
  } catch (error) {
    throw new OcirtError({
      action: pointer === undefined ? "send the pidfd to the socket" : "send the pidfd to its receiver",
      path,
      pointer,
      errno: isNativeError(error) ? error.code : undefined,
      hint:
        pointer === undefined
          ? "its owner must listen on it before the process is started"
          : "it must listen before the container is created",
    });
  } finally {
    for (const fd of open) files().close(fd);
  }
}
