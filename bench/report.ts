/** The results as tables: medians with quartiles, and the ratio of the first runtime to each of the others. */
import type { HttpSamples } from "./http.ts";
import { COMMANDS, type Samples } from "./lifecycle.ts";
import type { LoopSamples, ModuleSamples } from "./modules.ts";
import type { ProbeSamples } from "./probes.ts";
import { median, summarize } from "./stats.ts";
import { markdownTable, short } from "./table.ts";

interface Named {
  readonly label: string;
}

/** One line of a table: what is measured, and the values of a runtime. */
interface Row<S> {
  readonly name: string;
  readonly values: (samples: S) => readonly number[];
}

const KIB_PER_MIB = 1024;
const mib = (values: readonly number[]) => values.map((kib) => kib / KIB_PER_MIB);

const LIFECYCLE_ROWS: readonly Row<Samples>[] = [
  ...COMMANDS.map((command) => ({
    name: `${command}, ms`,
    values: (samples: Samples) => samples.times[command],
  })),
  { name: "largest process of run, MiB", values: (samples) => mib(samples.peaks) },
  { name: "created container: RSS, MiB", values: ({ waiting }) => mib(waiting.map((one) => one.resident)) },
  {
    name: "created container: Pss, MiB",
    values: ({ waiting }) => mib(waiting.map((one) => one.proportional)),
  },
];

const HTTP_ROWS: readonly Row<HttpSamples>[] = [
  { name: "start to first answer, ms", values: (samples) => samples.firstAnswer },
  { name: "requests/s, keep-alive", values: (samples) => samples.keepAlive },
  { name: "requests/s, Connection: close", values: (samples) => samples.close },
  { name: "failed requests, all rounds", values: (samples) => [samples.errors] },
  { name: "anonymous memory, MiB", values: ({ memory }) => mib(memory.map((one) => one.anonymous)) },
  { name: "private memory, MiB", values: ({ memory }) => mib(memory.map((one) => one.private)) },
  { name: "Pss, MiB", values: ({ memory }) => mib(memory.map((one) => one.proportional)) },
  { name: "RSS, MiB", values: ({ memory }) => mib(memory.map((one) => one.resident)) },
];

const MODULE_ROWS: readonly Row<ModuleSamples>[] = [
  { name: "trivial module, start to exit, ms", values: ({ trivial }) => trivial },
];

const PROBE_ROWS: readonly Row<ProbeSamples>[] = [
  { name: "CPU of a probe, ms", values: ({ cpu }) => cpu },
  { name: "answer of a probe, ms", values: ({ time }) => time },
];

function cell(values: readonly number[]): string {
  if (values.length === 0) return "–";
  const { median, lower, upper, count } = summarize(values);
  return count < 3 || lower === upper ? short(median) : `${short(median)} (${short(lower)}–${short(upper)})`;
}

function ratio(ours: readonly number[], theirs: readonly number[]): string {
  if (ours.length === 0 || theirs.length === 0 || median(theirs) === 0) return "–";
  return (median(ours) / median(theirs)).toFixed(2);
}

function table<S>(rows: readonly Row<S>[], results: ReadonlyMap<Named, S>): string {
  const [first, ...others] = [...results];
  if (first === undefined) return "";
  const [subject, ours] = first;
  const heading = ["", ...[...results.keys()].map(({ label }) => label)];
  const body = rows.map(({ name, values }) => [
    name,
    ...[...results.values()].map((samples) => cell(values(samples))),
    ...others.map(([, theirs]) => ratio(values(ours), values(theirs))),
  ]);
  return markdownTable([
    [...heading, ...others.map(([{ label }]) => `${subject.label} / ${label}`)],
    ...body,
  ]);
}

export const lifecycleTable = (results: ReadonlyMap<Named, Samples>): string =>
  table(LIFECYCLE_ROWS, results);

export const httpTable = (results: ReadonlyMap<Named, HttpSamples>): string => table(HTTP_ROWS, results);

export const moduleTable = (results: ReadonlyMap<Named, ModuleSamples>): string =>
  table(MODULE_ROWS, results);

export const probeTable = (results: ReadonlyMap<Named, ProbeSamples>): string => table(PROBE_ROWS, results);

export const loopText = ({ wasm, native }: LoopSamples): string =>
  `A loop that only computes: ${cell(native)} ms as an ordinary program, ${cell(wasm)} ms as a container's module ` +
  `with all of the container's start and end, ${ratio(wasm, native)} times as long.`;
