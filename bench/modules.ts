/** Wasm modules that run to their end: a trivial one beside the peers, and a loop beside the same loop compiled natively. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeBundle, type Runtime } from "./runtimes.ts";
import { ordered } from "./stats.ts";

/** Half a second of native work. */
const LOOP_ROUNDS = "1500";

export interface ModuleSamples {
  /** From the runtime's start to its end, milliseconds. */
  readonly trivial: number[];
}

export interface LoopSamples {
  /** The whole `run` of the container, milliseconds. */
  readonly wasm: number[];
  readonly native: number[];
}

function moduleBundle(runtime: Runtime, work: string, guests: string, name: string, args: string[]) {
  const rootfs = join(work, `${name}-rootfs`);
  for (const directory of ["", "proc", "dev", "sys"]) mkdirSync(join(rootfs, directory), { recursive: true });
  copyFileSync(join(guests, `${name}.wasm`), join(rootfs, "module.wasm"));
  return makeBundle(runtime, name, rootfs, (config) => {
    config.process.args = ["/module.wasm", ...args];
    config.annotations = { "module.wasm.image/variant": "compat" };
  });
}

const runOf = ({ command, name }: Runtime, bundle: string, round: number) => [
  ...command,
  "run",
  "--bundle",
  bundle,
  `bench-${name}-module-${round}`,
];

/** The trivial module, the runtimes in turn; the first round warms the caches and doesn't count. */
export async function measureTrivial(
  runtimes: readonly Runtime[],
  work: string,
  guests: string,
  rounds: number,
): Promise<Map<Runtime, ModuleSamples>> {
  const results = new Map<Runtime, ModuleSamples>(runtimes.map((runtime) => [runtime, { trivial: [] }]));
  const bundles = new Map<Runtime, string>();
  for (const runtime of runtimes)
    bundles.set(runtime, await moduleBundle(runtime, work, guests, "hello", []));
  for (let round = 0; round <= rounds; round++) {
    for (const [runtime, { trivial }] of ordered([...results], round)) {
      const timed = await runtime.timer.must(runOf(runtime, bundles.get(runtime) ?? "", round));
      if (round > 0) trivial.push(timed.milliseconds);
    }
  }
  return results;
}

/** `program`: the loop of the same source as an ordinary program. */
export async function measureLoop(
  runtime: Runtime,
  work: string,
  guests: string,
  program: string,
  rounds: number,
): Promise<LoopSamples> {
  const bundle = await moduleBundle(runtime, work, guests, "compute", [LOOP_ROUNDS]);
  const samples: LoopSamples = { wasm: [], native: [] };
  for (let round = 0; round < rounds; round++) {
    samples.native.push((await runtime.timer.must([program, LOOP_ROUNDS])).milliseconds);
    samples.wasm.push((await runtime.timer.must(runOf(runtime, bundle, round))).milliseconds);
  }
  return samples;
}
