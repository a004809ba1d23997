/** What a suite file's run amounts to: the tests that uvu counted, and what went wrong beside them. */

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the file failed beyond its failed tests. */
  readonly problems: readonly string[];
}

const CLOSING = /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration: .*$/m;

/** The four lines with which uvu ends, or undefined when it did not come so far. */
export function closingLines(output: string): string | undefined {
  return CLOSING.exec(output)?.[0];
}

/**
 * Reads the outcome from a file's exit status and output. A test file that ends without uvu's closing lines, or
 * runs no test at all, or exits with an error though all its tests passed, counts as one failure.
 */
export function outcomeOf(status: number, output: string): Outcome {
  const counts = CLOSING.exec(output)?.slice(1).map(Number);
  const [total = 0, passed = 0, skipped = 0] = counts ?? [];
  const failed = total - passed;
  const problem = problemOf(status, counts !== undefined, total + skipped, failed);
  return problem === undefined
    ? { passed, failed, skipped, problems: [] }
    : { passed, failed: failed + 1, skipped, problems: [problem] };
}

function problemOf(status: number, finished: boolean, tests: number, failed: number): string | undefined {
  if (!finished) return `ended with status ${status} and without uvu's closing lines`;
  if (tests === 0) return "ran no test";
  if (status !== 0 && failed === 0) return `ended with status ${status} though its tests passed`;
  return undefined;
}

/** The outcome with one more failure, unless there is no problem. */
export function withProblems(outcome: Outcome, problems: readonly string[]): Outcome {
  if (problems.length === 0) return outcome;
  return { ...outcome, failed: outcome.failed + 1, problems: [...outcome.problems, ...problems] };
}

export function sumOf(outcomes: readonly Outcome[]): Outcome {
  const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, one) => total + count(one), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    problems: outcomes.flatMap(({ problems }) => problems),
  };
}

/** The line with which a test run ends. */
export function closingLine({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
