/** containerd in the machine, with its own root, state and socket. */
import { mkdirSync, writeFileSync } from "node:fs";
import { assert } from "../harness/assert.ts";
import { runtimePath } from "../harness/runtime.ts";
import { until } from "../harness/wait.ts";
import { PAUSE } from "./fixture.ts";
import type { Machine } from "./machine.ts";

/** Names of RuntimeClass handlers and their binaries; the first is the default. */
export type Handlers = Readonly<Record<string, string>>;

export const socketOf = (machine: Machine): string => machine.path("containerd.sock");

/** A handler: its options take the runtime's binary, its annotations are those that a pod passes on to it. */
const handler = (name: string, binary: string) => `
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${name}]
    runtime_type = "io.containerd.runc.v2"
    pod_annotations = ["module.wasm.image/*"]
    container_annotations = ["module.wasm.image/*"]
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${name}.options]
      BinaryName = "${binary}"
`;

function configuration(machine: Machine, handlers: Handlers): string {
  return `version = 2
root = "${machine.path("containerd/root")}"
state = "${machine.path("containerd/state")}"
[grpc]
  address = "${socketOf(machine)}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${machine.path("cni")}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "${Object.keys(handlers)[0]}"
${Object.entries(handlers)
  .map(([name, binary]) => handler(name, binary))
  .join("")}`;
}

export function ctr(machine: Machine, ...args: string[]) {
  return machine.run(["ctr", "--address", socketOf(machine), ...args]);
}

/** Starts it and imports images into one of its namespaces. */
export async function startContainerd(
  machine: Machine,
  namespace: string,
  images: readonly string[],
  handlers: Handlers = { tested: runtimePath },
): Promise<void> {
  mkdirSync(machine.path("containerd"));
  mkdirSync(machine.path("cni"), { recursive: true });
  writeFileSync(machine.path("containerd.toml"), configuration(machine, handlers));
  machine.daemon("containerd", ["containerd", "--config", machine.path("containerd.toml")]);
  await until("containerd", () => ctr(machine, "version").status === 0);
  for (const image of images) {
    const result = ctr(machine, "--namespace", namespace, "images", "import", image);
    assert.succeeds(result, `import of ${image}`);
  }
}

/** That no shim, container process, cgroup or mount of containerd's containers is left. */
export async function assertNothingLeft(machine: Machine): Promise<void> {
  await machine.assertGone("processes", () => machine.processes(/containerd-shim|sleep 100/));
  // The pod's own cgroup is the kubelet's to be removed.
  await machine.assertGone("cgroups", () => machine.cgroups(/\/engines-|\/kubepods-\w+\//));
  await machine.assertGone("mounts", () => machine.mounts(/io\.containerd\.runtime/));
  await machine.assertGone("state", () => {
    const find = ["find", "/run/containerd/runc", "-mindepth", "2", "-type", "d"];
    return machine
      .run(find)
      .stdout.split("\n")
      .filter((line) => line !== "" && !line.includes("/.cache"));
  });
}
