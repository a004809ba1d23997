/**
 * What the specification asks of a config that a schema cannot say, as far as the config alone tells: pure
 * functions, run after the schema has passed, or beside its faults where these do not touch what they read.
 */
import { LINUX_CHECKS } from "./checks-linux.ts";
import { NAMESPACE_CHECKS } from "./checks-namespaces.ts";
import { PROCESS_CHECKS } from "./checks-process.ts";
import { SECCOMP_CHECKS } from "./checks-seccomp.ts";
import type { Spec } from "./types.ts";

export interface Finding {
  /** JSON pointer of the value at fault; of one that is missing, where it should be. */
  readonly pointer: string;
  readonly text: string;
}

export type Report = (pointer: string, text: string) => void;

export interface Check {
  /** JSON pointers of what the check reads and takes to satisfy the schema. */
  readonly reads: readonly string[];
  readonly run: (spec: Spec, report: Report) => void;
}

const CHECKS: readonly Check[] = [...PROCESS_CHECKS, ...NAMESPACE_CHECKS, ...LINUX_CHECKS, ...SECCOMP_CHECKS];

/** Everything that is wrong with a config; checks that would read what is at fault already are left out. */
export function checkSemantics(spec: Spec, faults: readonly string[] = []): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (pointer, text) => findings.push({ pointer, text });
  for (const { reads, run } of CHECKS) {
    if (faults.length === 0 || !reads.some((read) => faults.some((fault) => related(read, fault)))) {
      run(spec, report);
    }
  }
  return findings;
}

/** Whether one pointer names the other's value or a part of it. */
function related(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
