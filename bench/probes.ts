/** The CPU time of exec probes: pods under containerd's CRI plugin, each asked again and again as a kubelet asks. */
import { mkdirSync } from "node:fs";
import { socketOf, startContainerd } from "../spec-tests/engines/containerd.ts";
import { Cri } from "../spec-tests/engines/cri.ts";
import { BOX, machineWithImages } from "../spec-tests/engines/fixture.ts";
import type { Machine } from "../spec-tests/engines/machine.ts";

export interface ProbeSamples {
  /** Milliseconds of CPU for one probe, of all processes of the machine: engine, shims, runtime, container. */
  readonly cpu: number[];
  /** Milliseconds from the call to its answer, one after the other. */
  readonly time: number[];
}

export interface ProbeOptions {
  /** Pods of each runtime. */
  readonly pods: number;
  readonly rounds: number;
}

const NODE = 2;

/** A container that only sleeps, in a pod on the machine's network. */
async function pod(cri: Cri, machine: Machine, handler: string, index: number): Promise<string> {
  const name = `${handler}${index}`;
  const config = {
    metadata: { name, uid: name, namespace: "default", attempt: 0 },
    log_directory: machine.path("logs"),
    linux: {
      cgroup_parent: `/kubepods-${name}`,
      security_context: { namespace_options: { network: NODE } },
    },
  };
  const { pod_sandbox_id } = await cri.call("RunPodSandbox", { config, runtime_handler: handler });
  const { container_id } = await cri.call("CreateContainer", {
    pod_sandbox_id,
    sandbox_config: config,
    config: {
      metadata: { name: "main", attempt: 0 },
      image: { image: BOX },
      command: ["sleep", "100000"],
      log_path: `${name}.log`,
      linux: { security_context: { namespace_options: { network: NODE } } },
    },
  });
  await cri.call("StartContainer", { container_id });
  return container_id as string;
}

/** Milliseconds of CPU that the machine has used so far. */
function cpuTime(machine: Machine): number {
  const v1 = machine.run(["cat", "/sys/fs/cgroup/cpuacct/cpuacct.usage"]);
  if (v1.status === 0) return Number(v1.stdout) / 1e6;
  const { stdout } = machine.run(["cat", "/sys/fs/cgroup/cpu.stat"]);
  return Number(/^usage_usec (\d+)/m.exec(stdout)?.[1]) / 1e3;
}

/** The runtimes, by name and path, take turns. */
export async function measureProbes(
  runtimes: Readonly<Record<string, string>>,
  { pods, rounds }: ProbeOptions,
): Promise<Map<{ readonly label: string }, ProbeSamples>> {
  const { machine, images } = await machineWithImages();
  try {
    mkdirSync(machine.path("logs"));
    await startContainerd(machine, "k8s.io", [images.box, images.pause], runtimes);
    const cri = new Cri(socketOf(machine));
    const subjects = [];
    for (const label of Object.keys(runtimes)) {
      const containers: string[] = [];
      for (let i = 0; i < pods; i++) containers.push(await pod(cri, machine, label, i));
      subjects.push({ label, containers, samples: { cpu: [], time: [] } as ProbeSamples });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { containers, samples } of round % 2 === 0 ? subjects : [...subjects].reverse()) {
        const before = cpuTime(machine);
        const start = performance.now();
        for (const id of containers) await cri.exec(id, "true");
        samples.time.push((performance.now() - start) / containers.length);
        samples.cpu.push((cpuTime(machine) - before) / containers.length);
      }
    }
    cri.close();
    return new Map(subjects.map(({ label, samples }) => [{ label }, samples]));
  } finally {
    await machine.stop();
  }
}
