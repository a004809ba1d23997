/**
 * What engines handed to a runtime, as it was captured (samples/: engine, its version, the case), made to fit this
 * machine: paths of the engine's become ones of the test's, and nothing else.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import type { Case } from "../harness/case.ts";
import type { Background } from "../harness/command.ts";
import type { Config } from "../harness/config.ts";
import type { Container } from "../harness/container.ts";
import { assert, until } from "../harness/index.ts";
import { guestModule } from "../harness/programs.ts";

const directory = join(import.meta.dirname, "samples");

export const samples = (suffix: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length))
    .sort();

export function text(name: string): string {
  return readFileSync(join(directory, name), "utf8");
}

interface Mapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

interface Sampled extends Config {
  readonly linux: Config["linux"] & { uidMappings?: Mapping[]; gidMappings?: Mapping[] };
}

/** The namespaces of a pod's sandbox, held by a process. */
async function sandbox(t: Case, config: Sampled): Promise<Background> {
  const mappings = config.linux.namespaces.some(({ type, path }) => type === "user" && path !== undefined);
  const holder = t.start([
    "unshare",
    ...(mappings ? ["--user"] : []),
    "--ipc",
    "--uts",
    "--net",
    "sleep",
    "1000",
  ]);
  await until("the sandbox", () => readFileSync(`/proc/${holder.pid}/comm`, "utf8") === "sleep\n");
  if (!mappings) return holder;
  for (const [file, list] of [
    ["gid_map", config.linux.gidMappings],
    ["uid_map", config.linux.uidMappings],
  ] as const) {
    const lines = (list ?? []).map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`);
    writeFileSync(`/proc/${holder.pid}/${file}`, lines.join(""));
  }
  return holder;
}

/** A file or directory of the engine's, as the test has it. */
function source(t: Case, original: string): string {
  const own = t.path(`engine-${basename(original)}`);
  if (existsSync(own)) return own;
  if (basename(original) === "shm") mkdirSync(own, { mode: 0o1777 });
  else if (basename(original) === "catatonit") copyFileSync(original, own);
  else writeFileSync(own, `${basename(original)}\n`);
  return own;
}

/** What the images had that the tests' rootfs has not. */
function complete({ rootfs }: Container, program: string): void {
  if (program === "/pause") {
    writeFileSync(join(rootfs, "pause"), "#!/bin/sh\nexec sleep 1000\n");
    chmodSync(join(rootfs, "pause"), 0o755);
  }
  if (program === "/http-server.wasm")
    copyFileSync(guestModule("http-server"), join(rootfs, "http-server.wasm"));
  for (const name of ["hostname", "hosts", "resolv.conf"]) writeFileSync(join(rootfs, "etc", name), "");
}

/** Why a sample can't be tried here; undefined where it can. */
export function unmet(name: string): string | undefined {
  const { mounts } = JSON.parse(text(`${name}.config.json`)) as Config;
  const init = mounts.find(({ source = "" }) => basename(source) === "catatonit")?.source;
  return init === undefined || existsSync(init) ? undefined : init;
}

/** A container of the sample; its configuration is the bundle's. */
export async function fromSample(t: Case, name: string): Promise<Container> {
  const config = JSON.parse(text(`${name}.config.json`)) as Sampled;
  const container = t.container();
  const joined = config.linux.namespaces.filter(({ path }) => path !== undefined);
  const holder = joined.length > 0 ? await sandbox(t, config) : undefined;
  for (const namespace of joined) {
    const file = namespace.type === "network" ? "net" : namespace.type;
    namespace.path = `/proc/${holder?.pid}/ns/${file}`;
  }
  for (const mount of config.mounts) {
    if (mount.source?.startsWith("/")) mount.source = source(t, mount.source);
  }
  // docker's own program, which sets up the network: here it only has to be given the state.
  for (const hook of config.hooks?.prestart ?? []) {
    hook.path = "/bin/sh";
    hook.args = ["sh", "-c", `cat >${t.path("hook-state")}`];
  }
  const mapping = config.linux.uidMappings?.[0];
  // The engine's own cgroups above it would be the engine's to remove.
  const { cgroupsPath } = config.linux;
  if (cgroupsPath !== undefined) config.linux.cgroupsPath = `/${t.tag}${cgroupsPath.replaceAll("/", "-")}`;
  // The engine asked for its own hard limits, which nobody but root of the machine may exceed.
  const hard = Number(t.execute(["bash", "-c", "ulimit -Hu"]).stdout);
  for (const limit of config.process.rlimits ?? []) {
    if (limit.type === "RLIMIT_NPROC" && limit.hard > hard) Object.assign(limit, { hard, soft: hard });
  }
  complete(container, config.process.args[0] ?? "");
  if (config.root.path.startsWith("/")) config.root.path = container.rootfs;
  if (mapping !== undefined) {
    assert.succeeds(t.execute(["chown", "-R", `${mapping.hostID}:${mapping.hostID}`, container.rootfs]));
  }
  container.configure(config);
  return container;
}
