/** A network of a test's own: no port of the host is taken, and the host's name for it. */
import type { Case, Edit } from "./case.ts";
import type { Result } from "./command.ts";
import { until } from "./wait.ts";

/** The path of its namespace, with its loopback up. */
export async function network(t: Case): Promise<string> {
  const ready = t.path("network-is-up");
  const holding = t.start([
    "unshare",
    "--net",
    "sh",
    "-c",
    `ip link set lo up; echo >${ready}; exec sleep 1000`,
  ]);
  await until("the network", () => t.execute(["cat", ready]).status === 0);
  return `/proc/${holding.pid}/ns/net`;
}

/** Puts a container into it. */
export function inNetwork(net: string): Edit {
  return (c) => {
    c.linux.namespaces = c.linux.namespaces.filter(({ type }) => type !== "network");
    c.linux.namespaces.push({ type: "network", path: net });
  };
}

export function curl(t: Case, net: string, ...args: string[]): Result {
  return t.execute(["nsenter", `--net=${net}`, "curl", "-sS", "--max-time", "10", ...args]);
}
