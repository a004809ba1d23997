/** containerd's CRI plugin as a kubelet calls it: pods of a RuntimeClass whose handler runs the runtime. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import { assert } from "../harness/assert.ts";
import { projectTop } from "../harness/runtime.ts";
import { until } from "../harness/wait.ts";
import { assertNothingLeft, socketOf, startContainerd } from "./containerd.ts";
import { Cri } from "./cri.ts";
import { BOX, machineWithImages, ocirtTest, SERVER } from "./fixture.ts";
import type { Machine } from "./machine.ts";

let machine: Machine;
let cri: Cri;

/** A bridge of the machine, as a node's network plugin makes it. */
const NETWORK = {
  cniVersion: "0.4.0",
  name: "pods",
  plugins: [
    {
      type: "bridge",
      bridge: "pods0",
      isGateway: true,
      ipam: { type: "host-local", ranges: [[{ subnet: "10.88.0.0/24" }]], dataDir: "" },
    },
  ],
};

type Pod = { readonly id: string; readonly config: Record<string, unknown> };

let pods = 0;

async function pod(annotations: Readonly<Record<string, string>> = {}): Promise<Pod> {
  const name = `pod${++pods}`;
  const config = {
    metadata: { name, uid: name, namespace: "default", attempt: 0 },
    hostname: name,
    log_directory: machine.path("logs"),
    annotations,
    linux: { cgroup_parent: `/kubepods-${name}` },
  };
  const { pod_sandbox_id } = await cri.call("RunPodSandbox", { config, runtime_handler: "tested" });
  return { id: pod_sandbox_id as string, config };
}

async function container(owner: Pod, name: string, config: Record<string, unknown>): Promise<string> {
  const made = await cri.call("CreateContainer", {
    pod_sandbox_id: owner.id,
    sandbox_config: owner.config,
    config: {
      metadata: { name, attempt: 0 },
      image: { image: BOX },
      log_path: `${owner.id}-${name}.log`,
      ...config,
    },
  });
  const container_id = made.container_id as string;
  await cri.call("StartContainer", { container_id });
  return container_id;
}

const sleeper = (owner: Pod, name: string, config: Record<string, unknown> = {}) =>
  container(owner, name, { command: ["sleep", "1000"], ...config });

/** The lines of a container's log, without CRI's stamps. */
function log(owner: Pod, name: string): string {
  const text = readFileSync(join(machine.path("logs"), `${owner.id}-${name}.log`), "utf8");
  return text.replace(/^\S+ \S+ \S+ /gm, "");
}

async function ended(id: string): Promise<number> {
  let status = await cri.status(id);
  for (const end = Date.now() + 15_000; status.state !== "CONTAINER_EXITED" && Date.now() < end; ) {
    await new Promise((resume) => setTimeout(resume, 20));
    status = await cri.status(id);
  }
  assert.is(status.state, "CONTAINER_EXITED");
  return status.exit_code;
}

async function remove({ id }: Pod): Promise<void> {
  await cri.call("StopPodSandbox", { pod_sandbox_id: id });
  await cri.call("RemovePodSandbox", { pod_sandbox_id: id });
}

test.before(async () => {
  const made = await machineWithImages();
  machine = made.machine;
  mkdirSync(machine.path("logs"));
  mkdirSync(machine.path("cni"));
  const [bridge] = NETWORK.plugins;
  if (bridge !== undefined) bridge.ipam.dataDir = machine.path("leases");
  writeFileSync(machine.path("cni/10-pods.conflist"), JSON.stringify(NETWORK));
  const { box, pause, server } = made.images;
  await startContainerd(machine, "k8s.io", [box, pause, server]);
  cri = new Cri(socketOf(machine));
});

test.after(async () => {
  cri.close();
  await machine.stop();
});

test("a pod and its containers share network, IPC and host name, and have their own root", async () => {
  const own = await pod();
  const one = await sleeper(own, "one");
  const two = await sleeper(own, "two");
  const ask = async (id: string, ...cmd: string[]) => (await cri.exec(id, ...cmd)).stdout;
  for (const kind of ["net", "ipc", "uts"]) {
    const link = `/proc/self/ns/${kind}`;
    assert.is(await ask(one, "readlink", link), await ask(two, "readlink", link), kind);
  }
  assert.is(await ask(one, "hostname"), await ask(two, "hostname"));
  await cri.exec(one, "touch", "/only-here");
  assert.is((await cri.exec(two, "test", "-e", "/only-here")).code, 1);
  await remove(own);
});

test("exec sync: output, exit codes, a program that is not there", async () => {
  const own = await pod();
  const id = await sleeper(own, "exec");
  const result = await cri.exec(id, "sh", "-c", "echo out; echo err >&2; exit 3");
  assert.equal(result, { stdout: "out\n", stderr: "err\n", code: 3 });
  await cri.exec(id, "no-such-program").then(
    () => assert.unreachable("a missing program ran"),
    (error: Error) => assert.match(error.message, /executable file not found/),
  );
  await remove(own);
});

test("exec streaming, with and without a terminal", async () => {
  const own = await pod();
  const id = await sleeper(own, "stream");
  for (const tty of [false, true]) {
    const script = tty ? "tty; read line; echo got $line" : "read line; echo got $line; echo err >&2";
    const streams = { stdin: true, stdout: true, stderr: !tty, tty };
    const { url } = await cri.call("Exec", { container_id: id, cmd: ["sh", "-c", script], ...streams });
    const client = join(projectTop, "spec-tests/engines/exec-stream.ts");
    const result = machine.run([process.execPath, client, url as string, "words\n"]);
    assert.match(result.stdout, /got words/);
    assert.match(tty ? result.stdout : result.stderr, tty ? /\/dev\/pts\/\d/ : /err/);
  }
  await remove(own);
});

test("logs, exit codes, and a stop that has to kill", async () => {
  const own = await pod();
  const short = await container(own, "short", { command: ["sh", "-c", "echo line; exit 5"] });
  assert.is(await ended(short), 5);
  assert.is(log(own, "short"), "line\n");
  const deaf = await container(own, "deaf", {
    command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"],
  });
  await cri.call("StopContainer", { container_id: deaf, timeout: 1 });
  assert.is(await ended(deaf), 137);
  await cri.call("RemoveContainer", { container_id: deaf });
  await remove(own);
});

test("resources: set, updated, and told by stats", async () => {
  const own = await pod();
  const linux = { resources: { memory_limit_in_bytes: 64 << 20, cpu_shares: 512, oom_score_adj: 500 } };
  const id = await sleeper(own, "limits", { linux });
  const limit = async () => {
    const files = "/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max";
    return Number((await cri.exec(id, "sh", "-c", `cat ${files} 2>/dev/null || true`)).stdout);
  };
  assert.is(await limit(), 64 << 20);
  await cri.call("UpdateContainerResources", {
    container_id: id,
    linux: { memory_limit_in_bytes: 48 << 20 },
  });
  assert.is(await limit(), 48 << 20);
  const { stats } = (await cri.call("ContainerStats", { container_id: id })) as {
    stats: { memory: { working_set_bytes: { value: number } } };
  };
  assert.ok(stats.memory.working_set_bytes.value > 0);
  await remove(own);
});

test("a container that can't start is told, and leaves nothing", async () => {
  const own = await pod();
  await container(own, "bad", { command: ["/no/such/program"] }).then(
    () => assert.unreachable("a missing program ran"),
    (error: Error) => assert.match(error.message, /no such file or directory/),
  );
  await remove(own);
});

ocirtTest("a pod with a Wasm server and an ordinary sidecar answers on its address", async () => {
  const own = await pod({ "module.wasm.image/variant": "compat-smart" });
  const server = await container(own, "server", { image: { image: SERVER } });
  const sidecar = await sleeper(own, "sidecar");
  const { status } = (await cri.call("PodSandboxStatus", { pod_sandbox_id: own.id })) as {
    status: { network: { ip: string } };
  };
  const url = `http://${status.network.ip}:8080/`;
  const curl = (at: string) => machine.run(["curl", "-sS", "--max-time", "5", at]);
  await until("the server", () => curl(url).stdout.includes("WebAssembly"));
  // The sidecar reaches it within the pod.
  const inside = await cri.exec(sidecar, "wget", "-q", "-O", "-", "http://127.0.0.1:8080/");
  assert.match(inside.stdout, /WebAssembly/);
  // As a probe would.
  assert.match((await cri.exec(server, "/hello.wasm")).stdout, /hello/);
  await cri.call("StopContainer", { container_id: server, timeout: 5 });
  assert.is((await cri.status(server)).state, "CONTAINER_EXITED");
  await remove(own);
});

test("nothing is left of all these pods", () => assertNothingLeft(machine));

test.run();
