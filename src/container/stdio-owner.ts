/**
 * The standard streams of a container in a user namespace of its own. Their pipes and files are the caller's, and so
 * nobody's in there: /dev/stdout could not be opened. As crun does; in runc only where it makes the pipes itself.
 */
import { files, isNativeError } from "../native/index.ts";
import { onHost, parseMappings } from "../plan/idmap.ts";
import type { Process, Spec } from "../spec/types.ts";

/** stat(2)'s file type of terminals and of /dev/null. */
const S_IFMT = 0o170000;
const S_IFCHR = 0o020000;

type Mappings = Pick<NonNullable<Spec["linux"]>, "uidMappings" | "gidMappings">;

/** To the process of a running container: the mappings are those that its init has. */
export function giveStdioIn(pid: number, process: Process): void {
  const read = (file: string) => parseMappings(files().readText(`/proc/${pid}/${file}`));
  giveStdio(process, { uidMappings: read("uid_map"), gidMappings: read("gid_map") });
}

/**
 * Gives pipes, sockets and files to the host's ids of the process's user. The caller's terminal stays the caller's, and
 * what the kernel refuses stays as it is.
 */
export function giveStdio(process: Process | undefined, { uidMappings, gidMappings }: Mappings): void {
  const { uid: inside = 0, gid: group = 0 } = process?.user ?? {};
  const uid = onHost(inside, uidMappings);
  const gid = onHost(group, gidMappings) ?? -1;
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
