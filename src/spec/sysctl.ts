/** Which sysctls belong to a namespace; setting any other would reach the whole host. */
import type { NamespaceType } from "./types.ts";

const BY_NAME: Readonly<Record<string, NamespaceType>> = {
  "kernel.domainname": "uts",
  "kernel.hostname": "uts",
  "kernel.msgmax": "ipc",
  "kernel.msgmnb": "ipc",
  "kernel.msgmni": "ipc",
  "kernel.sem": "ipc",
  "kernel.shm_rmid_forced": "ipc",
  "kernel.shmall": "ipc",
  "kernel.shmmax": "ipc",
  "kernel.shmmni": "ipc",
};

const BY_PREFIX: readonly { readonly prefix: string; readonly namespace: NamespaceType }[] = [
  { prefix: "net.", namespace: "network" },
  { prefix: "fs.mqueue.", namespace: "ipc" },
];

export interface Sysctl {
  /** With dots between the parts. */
  readonly name: string;
  /** The file below /proc/sys. */
  readonly file: string;
  /** undefined where the sysctl is in no namespace, or the key is no name of one. */
  readonly namespace?: NamespaceType;
}

/**
 * A key as sysctl(8) takes it: the first separator of the two decides which one it is, and the other one
 * then stands for itself ("net/ipv4/conf/eth0.100/rp_filter" is "net.ipv4.conf.eth0/100.rp_filter").
 */
export function sysctlNamespace(key: string): Sysctl {
  const slash = key.indexOf("/");
  const slashes = slash >= 0 && !key.slice(0, slash).includes(".");
  const file = slashes ? key : swapSeparators(key, ".", "/");
  const name = slashes ? swapSeparators(key, "/", ".") : key;
  const isPath = !file.split("/").some((part) => part === "" || part === "." || part === "..");
  const namespace = isPath ? namespaceOf(name) : undefined;
  return namespace === undefined ? { name, file } : { name, file, namespace };
}

function namespaceOf(name: string): NamespaceType | undefined {
  const group = BY_PREFIX.find(({ prefix }) => name.startsWith(prefix));
  if (group !== undefined) return group.namespace;
  return Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

/** Without regular expressions: compiling one costs more than all else here. */
function swapSeparators(text: string, from: string, to: string): string {
  const parts = text.split(from);
  return (text.includes(to) ? parts.map((part) => part.replaceAll(to, from)) : parts).join(to);
}
