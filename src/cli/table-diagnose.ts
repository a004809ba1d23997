/** The command that looks at the host. Data only. */
import type { Command } from "./option-types.ts";

export const DOCTOR = {
  name: "doctor",
  summary: "check what this host offers to containers",
  description:
    "Checks the kernel, the cgroups and the caller's rights, and says what would not work and how to mend it; exits with 1 where anything fails. Nothing is changed.",
  hot: false,
  options: [{ name: "json", kind: "flag", help: "print the findings as JSON" }],
  positionals: [],
} as const satisfies Command;
