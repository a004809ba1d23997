/**
 * run.ts [PART...]: runs all suites, or those whose path holds one of the PARTs, and ends with one line of counts.
 * Exit status 1 when a test failed, a file ended badly, something was left behind, or no test ran.
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { closingLine, closingLines, type Outcome, sumOf } from "./outcome.ts";
import { type Finished, type Kind, runSuite } from "./suite.ts";
import { compileSupervisor, supervisor } from "./supervisor.ts";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const bun = process.execPath;

const KINDS: readonly Kind[] = [
  { name: "unit tests", directories: ["src", "scripts", "bench"], jobs: 2, seconds: 120, clean: false },
  {
    name: "conformance tests",
    directories: ["spec-tests", "conformance"],
    jobs: 1,
    seconds: 600,
    clean: true,
  },
  { name: "package tests", directories: ["packaging"], jobs: 1, seconds: 600, clean: true },
];

const say = (text: string) => process.stdout.write(`${text}\n`);

function suiteFiles(directory: string, parts: readonly string[]): string[] {
  if (!existsSync(join(top, directory))) return [];
  return readdirSync(join(top, directory), { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
    .sort();
}

function show(file: string, { outcome, output }: Finished): void {
  const good = outcome.failed === 0;
  say(`\n${file}`);
  say(good ? (closingLines(output) ?? "") : output.trimEnd());
  for (const problem of outcome.problems) say(`  ✘ ${problem}`);
}

async function runKind(kind: Kind, parts: readonly string[]): Promise<Outcome[]> {
  const waiting = kind.directories.flatMap((directory) => suiteFiles(directory, parts));
  if (waiting.length === 0) return [];
  say(`\n${kind.name}: ${waiting.length} files`);
  const outcomes: Outcome[] = [];
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const finished = await runSuite(bun, supervisor, kind, join(top, file));
      show(file, finished);
      outcomes.push(finished.outcome);
    }
  };
  await Promise.all(Array.from({ length: kind.jobs }, worker));
  return outcomes;
}

async function main(parts: readonly string[]): Promise<number> {
  process.chdir(top);
  compileSupervisor();
  const outcomes: Outcome[] = [];
  for (const kind of KINDS) outcomes.push(...(await runKind(kind, parts)));
  const sum = sumOf(outcomes);
  if (sum.passed + sum.failed === 0) say("no test ran");
  say(`\n${closingLine(sum)}`);
  return sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
