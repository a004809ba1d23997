/** What the checks of the host work on, and what they say. Types only. */
import type { CgroupManager } from "../container/options.ts";
import type { ProbedCall } from "../native/features.ts";

export interface Finding {
  readonly name: string;
  /** warning: something optional would not work; failure: containers would not work. */
  readonly status: "ok" | "warning" | "failure";
  /** What was found. */
  readonly detail: string;
  /** What would not work. */
  readonly affects?: string;
  readonly remedy?: string;
}

export interface HostFacts {
  /** uname(2)'s release. */
  readonly release: string;
  /** Root of the host, or one who has the rights of an ordinary user only. */
  readonly rootless: boolean;
  readonly uid: number;
  /** errno's name for each, "" for success. */
  readonly calls: Readonly<Record<ProbedCall, string>>;
  /** The entries of /proc/self/ns. */
  readonly namespaces: readonly string[];
  /** Why the caller can't make a user namespace: an errno's name; "" where it can. */
  readonly userNamespace: string;
  /** Files of /proc/sys, without the newline; undefined where there is none. */
  readonly sysctls: Readonly<Record<string, string | undefined>>;
  readonly seccomp: {
    /** undefined: a kernel without filters. */
    readonly actions: string | undefined;
    readonly missingFlags: readonly string[];
    readonly listener: boolean;
  };
  readonly cgroup: {
    readonly manager: CgroupManager;
    readonly kind: "v1" | "v2" | "hybrid" | "none";
    readonly controllers: readonly string[];
    /** Directories in which the caller may make no cgroup. */
    readonly closed: readonly string[];
    /** Why the kernel takes no device program, which v2 needs: an errno's name; "" where it does. */
    readonly deviceProgram: string;
  };
  /** Whether there is a range for the caller, and the tool that maps it. */
  readonly subordinate: {
    readonly uids: boolean;
    readonly gids: boolean;
    readonly newuidmap: boolean;
    readonly newgidmap: boolean;
  };
  readonly systemd: { readonly runs: boolean; readonly problem: string | undefined };
  readonly apparmor: boolean;
  readonly selinux: boolean;
  /** Whether it is there, and whether this version makes use of it. */
  readonly criu: { readonly there: boolean; readonly used: boolean };
  readonly runtimeDirectory: { readonly path: string | undefined; readonly usable: boolean };
  /** undefined: none could be found, and the problem says why. */
  readonly state: {
    readonly path: string | undefined;
    readonly writable: boolean;
    readonly problem: string | undefined;
  };
}
