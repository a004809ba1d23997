/**
 * The standard streams of a container in a user namespace of its own. Their pipes and files are the caller's, and so
 * nobody's in there: /dev/stdout could not be opened. As crun does; in runc only where it makes the pipes itself.
 */
import { files, isNativeError } from "../native/index.ts";
import { onHost } from "../plan/idmap.ts";
import type { Spec } from "../spec/types.ts";

/** stat(2)'s file type of terminals and of /dev/null. */
const S_IFMT = 0o170000;
const S_IFCHR = 0o020000;

/**
 * Gives pipes, sockets and files to the host's ids of the container's user. The caller's terminal stays the caller's, and
 * what the kernel refuses stays as it is.
 */
export function giveStdio({ process, linux }: Spec): void {
  const { uid: inside = 0, gid: group = 0 } = process?.user ?? {};
  const uid = onHost(inside, linux?.uidMappings);
  const gid = onHost(group, linux?.gidMappings) ?? -1;
  if (uid === undefined || process?.terminal) return;
  for (const fd of [0, 1, 2]) {
    try {
      const stat = files().stat(`/proc/self/fd/${fd}`, true);
      if (stat === undefined || stat.uid === uid || (stat.mode & S_IFMT) === S_IFCHR) continue;
      files().fchown(fd, uid, gid);
    } catch (error) {
      if (!isNativeError(error)) throw error;
    }
  }
}
