/** One thing that `create` would do, and whether it can be done here. Types only. */

export type Stage = "configuration" | "state" | "cgroup" | "namespaces" | "hooks" | "container";

export interface Item {
  readonly stage: Stage;
  readonly what: string;
  /** Where config.json asks for it. */
  readonly pointer?: string;
  /** failure: it can't be done here; warning: it may not be, or is left out. */
  readonly status: "ok" | "warning" | "failure";
  readonly problem?: string;
  /** What to do about that. */
  readonly remedy?: string;
}

export interface Obstacle {
  readonly problem: string;
  readonly remedy?: string;
  /** It does not keep the container from being created. */
  readonly mild?: true;
}

/** What the checks ask of the host. Nothing of it changes anything. */
export interface Host {
  /** undefined where there is nothing; symbolic links are followed. */
  kindOf(path: string): "directory" | "file" | undefined;
  /** Whether the caller may execute the file. */
  mayExecute(path: string): boolean;
  /** Whether the program is in the rootfs at one of these paths, or may come to be there by a mount. */
  hasProgram(paths: readonly string[]): boolean;
  readonly fileSystems: ReadonlySet<string>;
  /** The entries of /proc/self/ns. */
  readonly namespaces: ReadonlySet<string>;
  /** Why the caller can't make a user namespace: an errno's name; "" where it can. */
  readonly userNamespace: string;
  /** Root of the host; a container in a user namespace has no more rights than its maker. */
  readonly privileged: boolean;
  /** The caller's effective capabilities (capabilities(7)). */
  readonly capabilities: bigint;
  /** Hard limits by their name; undefined is unlimited. */
  readonly limits: ReadonlyMap<string, bigint | undefined>;
  readonly oomScore: number;
  readonly apparmor: boolean;
  readonly selinux: boolean;
}
