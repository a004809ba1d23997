/** How a clause of the specification becomes a test. */
import { test } from "uvu";
import { Case } from "./case.ts";
import { type Need, type RuntimeName, runtimeName, unmet } from "./runtime.ts";

export interface Terms {
  /** What the test can't do without; it is skipped, by name, where something is missing. */
  readonly needs?: readonly Need[];
  /**
   * Why another runtime is known not to do this. Only when the tests run against that runtime, the test is
   * then expected to fail. ocirt has no entry here: it has no known difference that a test would hide.
   */
  readonly differs?: Partial<Record<Exclude<RuntimeName, "ocirt">, string>>;
}

const only = process.env.OCIRT_TEST;

function note(kind: string, name: string, why: string): void {
  process.stderr.write(`\n  ${kind}: ${name}: ${why}\n`);
}

/** Runs the case's body, then proves that nothing is left of it. */
async function conduct(body: (t: Case) => void | Promise<void>): Promise<void> {
  const t = new Case();
  let passed = false;
  try {
    await body(t);
    passed = true;
  } finally {
    await t.end(passed);
  }
}

/** Defines a test of a clause. OCIRT_TEST=text runs only those with the text in their name. */
export function clause(name: string, body: (t: Case) => void | Promise<void>, terms: Terms = {}): void {
  if (only !== undefined && !name.includes(only)) return;
  const missing = unmet(terms.needs ?? []);
  if (missing !== undefined) {
    note("skipped", name, `needs ${missing}`);
    test.skip(name);
    return;
  }
  const difference = terms.differs?.[runtimeName as "runc" | "crun"];
  test(name, async () => {
    try {
      await conduct(body);
    } catch (error) {
      if (difference === undefined) throw error;
      note("differs", name, difference);
      return;
    }
    if (difference !== undefined) note("does now", name, difference);
  });
}

/** Runs the file's tests; the last line of each test file. */
export function conclude(): void {
  test.run();
}
