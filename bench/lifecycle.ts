/** The Linux container: what each command takes, and what a waiting container holds. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasEnded, type Memory, memoryOfAll } from "./memory.ts";
import { makeBundle, type Runtime } from "./runtimes.ts";
import { ordered } from "./stats.ts";

export const COMMANDS = ["run", "create", "state", "start", "exec", "kill", "delete"] as const;
export type Command = (typeof COMMANDS)[number];

export interface Samples {
  /** Milliseconds. */
  readonly times: Record<Command, number[]>;
  /** Largest process of `run`, in KiB. */
  readonly peaks: number[];
  /** The container's first process between create and start. */
  readonly waiting: Memory[];
}

const noSamples = (): Samples => ({
  times: { run: [], create: [], state: [], start: [], exec: [], kill: [], delete: [] },
  peaks: [],
  waiting: [],
});

interface Subject {
  readonly runtime: Runtime;
  readonly once: string;
  readonly long: string;
  readonly samples: Samples;
}

/** Milliseconds. */
const END_POLL = 1;
/** What the kernel gets after each container to take its namespaces and cgroups apart, in milliseconds. */
const SETTLING = 10;

const pause = (milliseconds: number) => new Promise((resume) => setTimeout(resume, milliseconds));

async function ended(pid: number): Promise<void> {
  while (!hasEnded(pid)) await pause(END_POLL);
}

async function makeSubject(runtime: Runtime, rootfs: string): Promise<Subject> {
  const bundle = (name: string, args: string[]) =>
    makeBundle(runtime, name, rootfs, (config) => {
      config.process.args = args;
    });
  return {
    runtime,
    once: await bundle("once", ["/bin/true"]),
    long: await bundle("long", ["/bin/sleep", "3600"]),
    samples: noSamples(),
  };
}

async function measureRun({ runtime, once, samples }: Subject, id: string): Promise<void> {
  const timed = await runtime.timer.must([...runtime.command, "run", "--bundle", once, id]);
  samples.times.run.push(timed.milliseconds);
  samples.peaks.push(timed.peakKiB);
}

async function measureSteps({ runtime, long, samples }: Subject, id: string): Promise<void> {
  const pidFile = join(runtime.directory, "pid");
  const step = async (command: Command, ...args: string[]) => {
    const timed = await runtime.timer.must([...runtime.command, command, ...args]);
    samples.times[command].push(timed.milliseconds);
  };
  await step("create", "--bundle", long, "--pid-file", pidFile, id);
  const pid = Number(readFileSync(pidFile, "utf8"));
  samples.waiting.push(memoryOfAll([pid]));
  await step("state", id);
  await step("start", id);
  await step("exec", id, "/bin/true");
  await step("kill", id, "KILL");
  await ended(pid);
  await step("delete", id);
}

/** Measures the runtimes in turn, round by round; the first round warms the caches and doesn't count. */
export async function measureLifecycle(
  runtimes: readonly Runtime[],
  rootfs: string,
  rounds: number,
): Promise<Map<Runtime, Samples>> {
  const subjects = await Promise.all(runtimes.map((runtime) => makeSubject(runtime, rootfs)));
  for (const [phase, measure] of [measureRun, measureSteps].entries()) {
    for (let round = 0; round <= rounds; round++) {
      for (const subject of ordered(subjects, round)) {
        const one = round === 0 ? { ...subject, samples: noSamples() } : subject;
        const id = `bench-${one.runtime.name}-${phase}-${round}`;
        try {
          await measure(one, id);
        } catch (error) {
          await one.runtime.timer.run([...one.runtime.command, "delete", "--force", id]);
          throw error;
        }
        await pause(SETTLING);
      }
    }
  }
  return new Map(subjects.map(({ runtime, samples }) => [runtime, samples]));
}
