/** The namespaces of Linux: their name in config.json, in /proc/PID/ns, and their CLONE_* flag. */
import { OcirtError } from "../errors.ts";
import type { Namespace, NamespaceType, Spec } from "../spec/types.ts";

export const NAMESPACES: Readonly<Record<NamespaceType, { readonly proc: string; readonly flag: number }>> = {
  mount: { proc: "mnt", flag: 0x0002_0000 },
  uts: { proc: "uts", flag: 0x0400_0000 },
  ipc: { proc: "ipc", flag: 0x0800_0000 },
  user: { proc: "user", flag: 0x1000_0000 },
  pid: { proc: "pid", flag: 0x2000_0000 },
  network: { proc: "net", flag: 0x4000_0000 },
  cgroup: { proc: "cgroup", flag: 0x0200_0000 },
  time: { proc: "time", flag: 0x0000_0080 },
};

/** A namespace that is joined by its path. */
export interface Join {
  readonly type: NamespaceType;
  readonly path: string;
  readonly flag: number;
  readonly pointer: string;
}

export interface NamespacePlan {
  /** CLONE_* of the namespaces that clone3(2) makes; time and cgroup are made later, by steps. */
  readonly cloneFlags: number;
  readonly joins: readonly Join[];
  readonly created: ReadonlySet<NamespaceType>;
  readonly present: ReadonlySet<NamespaceType>;
}

/** Which namespaces are made and which joined (config-linux.md, Namespaces). */
export function planNamespaces(spec: Spec): NamespacePlan {
  const listed: readonly Namespace[] = spec.linux?.namespaces ?? [];
  const joins: Join[] = [];
  const created = new Set<NamespaceType>();
  const present = new Set<NamespaceType>();
  let cloneFlags = 0;
  listed.forEach((namespace, index) => {
    const { flag } = NAMESPACES[namespace.type];
    const pointer = `/linux/namespaces/${index}`;
    present.add(namespace.type);
    if (namespace.path) {
      joins.push({ type: namespace.type, path: namespace.path, flag, pointer });
      return;
    }
    created.add(namespace.type);
    // cgroup: its root is the cgroup of its maker, so init makes it once it is there. time: its offsets
    // are written before anybody is in it.
    if (namespace.type !== "cgroup" && namespace.type !== "time") cloneFlags |= flag;
  });
  return { cloneFlags, joins, created, present };
}

/** What can't be done in the caller's mount namespace. */
export function refuseMountless(reason: string): OcirtError {
  return new OcirtError({
    action: "plan the namespaces",
    pointer: "/linux/namespaces",
    reason: `there is no mount namespace, and ${reason}`,
    hint: 'add {"type": "mount"}',
  });
}
