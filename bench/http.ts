/** The Wasm HTTP server: time to its first answer, requests per second, memory. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Memory, memoryOfAll, tree } from "./memory.ts";
import { makeBundle, type Runtime } from "./runtimes.ts";
import { ordered } from "./stats.ts";

export interface HttpSamples {
  /** From the start of the runtime to the first bytes of the answer, in milliseconds. */
  readonly firstAnswer: number[];
  /** Requests per second. */
  readonly keepAlive: number[];
  readonly close: number[];
  /** All processes of the container after the load, in KiB. */
  readonly memory: Memory[];
  /** What wrk counted as failed, over all rounds. */
  errors: number;
}

export interface HttpOptions {
  readonly module: string;
  /** How often the server is started. */
  readonly starts: number;
  /** In how many of the starts it is put under load. */
  readonly loads: number;
  /** Seconds of load of each kind. */
  readonly seconds: number;
}

const CONNECTIONS = 8;

/** A port on which nobody listens now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resume) => server.listen(0, "127.0.0.1", resume));
  const address = server.address();
  await new Promise((resume) => server.close(resume));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

interface Load {
  readonly requestsPerSecond: number;
  readonly errors: number;
}

async function load(port: number, seconds: number, headers: readonly string[]): Promise<Load> {
  const args = ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, ...headers.flatMap((header) => ["-H", header])];
  const { stdout } = await promisify(execFile)("wrk", [...args, `http://127.0.0.1:${port}/`]);
  const rate = /^Requests\/sec:\s+([\d.]+)$/m.exec(stdout)?.[1];
  if (rate === undefined) throw new Error(`wrk says:\n${stdout}`);
  const socket = /Socket errors:(.*)/.exec(stdout)?.[1]?.match(/\d+/g) ?? [];
  const status = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? "0";
  return {
    requestsPerSecond: Number(rate),
    errors: [...socket, status].map(Number).reduce((sum, count) => sum + count, 0),
  };
}

const noSamples = (): HttpSamples => ({ firstAnswer: [], keepAlive: [], close: [], memory: [], errors: 0 });

async function serverBundle(runtime: Runtime, rootfs: string, port: number): Promise<string> {
  return makeBundle(runtime, "http", rootfs, (config) => {
    config.process.args = ["/http-server.wasm", String(port)];
    config.annotations = { "module.wasm.image/variant": "compat" };
    const network = config.linux.namespaces.find(({ type }) => type === "network");
    if (network !== undefined) network.path = "/proc/self/ns/net";
  });
}

async function measureOne(
  runtime: Runtime,
  samples: HttpSamples,
  rootfs: string,
  id: string,
  seconds: number,
): Promise<void> {
  const port = await freePort();
  const bundle = await serverBundle(runtime, rootfs, port);
  const pidFile = join(runtime.directory, "http.pid");
  const { timer, command } = runtime;
  const run = [...command, "run", "--detach", "--bundle", bundle, "--pid-file", pidFile, id];
  try {
    samples.firstAnswer.push(await timer.serve(port, run));
    if (seconds === 0) return;
    for (const [rates, headers] of [
      [samples.keepAlive, []],
      [samples.close, ["Connection: close"]],
    ] as const) {
      const { requestsPerSecond, errors } = await load(port, seconds, headers);
      rates.push(requestsPerSecond);
      samples.errors += errors;
    }
    samples.memory.push(memoryOfAll(tree(Number(readFileSync(pidFile, "utf8")))));
  } finally {
    await timer.run([...command, "delete", "--force", id]);
  }
}

/** Measures the runtimes in turn, round by round; the first round warms the caches and doesn't count. */
export async function measureHttp(
  runtimes: readonly Runtime[],
  work: string,
  options: HttpOptions,
): Promise<Map<Runtime, HttpSamples>> {
  const rootfs = join(work, "http-rootfs");
  for (const directory of ["", "proc", "dev", "sys"]) mkdirSync(join(rootfs, directory), { recursive: true });
  copyFileSync(options.module, join(rootfs, "http-server.wasm"));
  const results = new Map(runtimes.map((runtime) => [runtime, noSamples()]));
  for (let round = 0; round <= options.starts; round++) {
    for (const [runtime, samples] of ordered([...results], round)) {
      const seconds = round > 0 && round <= options.loads ? options.seconds : 0;
      const counted = round === 0 ? noSamples() : samples;
      await measureOne(runtime, counted, rootfs, `bench-${runtime.name}-http-${round}`, seconds);
    }
  }
  return results;
}
