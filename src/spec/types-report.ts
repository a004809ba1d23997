/** What the runtime itself prints as JSON: the state of a container, and the features. */
import type { HookKind, NamespaceType, StringMap } from "./types.ts";

export type Status = "creating" | "created" | "running" | "stopped";

/** The container's state as `state` prints it and as hooks read it on stdin. */
export interface State {
  readonly ociVersion: string;
  readonly id: string;
  /** `paused` is what runc and crun add to the specification's own. */
  readonly status: Status | "paused";
  /** As the host sees it; absent or 0 once stopped. */
  readonly pid?: number;
  /** Absolute. */
  readonly bundle: string;
  readonly annotations?: StringMap;
}

/** `features` prints it. An absent member means "unknown", not "unsupported". */
export interface Features {
  readonly ociVersionMin: string;
  readonly ociVersionMax: string;
  readonly hooks?: readonly HookKind[];
  readonly mountOptions?: readonly string[];
  readonly linux?: LinuxFeatures;
  readonly annotations?: StringMap;
  /** A name that ends with a dot is a prefix. */
  readonly potentiallyUnsafeConfigAnnotations?: readonly string[];
}

export interface Enabled {
  readonly enabled?: boolean;
}

export interface LinuxFeatures {
  readonly namespaces?: readonly NamespaceType[];
  readonly capabilities?: readonly string[];
  readonly cgroup?: CgroupFeatures;
  readonly seccomp?: SeccompFeatures;
  readonly apparmor?: Enabled;
  readonly selinux?: Enabled;
  readonly intelRdt?: Enabled & { readonly schemata?: boolean; readonly monitoring?: boolean };
  readonly mountExtensions?: { readonly idmap?: Enabled };
  readonly netDevices?: Enabled;
  readonly memoryPolicy?: { readonly modes?: readonly string[]; readonly flags?: readonly string[] };
}

export interface CgroupFeatures {
  readonly v1?: boolean;
  readonly v2?: boolean;
  readonly systemd?: boolean;
  readonly systemdUser?: boolean;
  readonly rdma?: boolean;
}

export interface SeccompFeatures extends Enabled {
  readonly actions?: readonly string[];
  readonly operators?: readonly string[];
  readonly archs?: readonly string[];
  readonly knownFlags?: readonly string[];
  readonly supportedFlags?: readonly string[];
}
