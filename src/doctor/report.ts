/** The findings for people. Pure. */
import type { Finding } from "./finding.ts";

const MARKS = { ok: "ok      ", warning: "warning ", failure: "FAILURE " } as const;

export function findingsText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ name, status, detail, affects, remedy }) => [
    `${MARKS[status]}${name}: ${detail}`,
    ...(affects === undefined ? [] : [`          affects: ${affects}`]),
    ...(remedy === undefined ? [] : [`          remedy: ${remedy}`]),
  ]);
  const count = (status: Finding["status"]) => findings.filter((one) => one.status === status).length;
  lines.push(`${findings.length} checks: ${count("failure")} failures, ${count("warning")} warnings`);
  return `${lines.join("\n")}\n`;
}
