/** The commands that look at the host and at what is to be done on it. Data only. */
import type { Command } from "./option-types.ts";
import { BUNDLE_OPTION } from "./table-options.ts";

export const DOCTOR = {
  name: "doctor",
  summary: "check what this host offers to containers",
  description:
    "Checks the kernel, the cgroups and the caller's rights, and says what would not work and how to mend it; exits with 1 where anything fails. Nothing is changed.",
  hot: false,
  options: [{ name: "json", kind: "flag", help: "print the findings as JSON" }],
  positionals: [],
} as const satisfies Command;

export const EXPLAIN = {
  name: "explain",
  summary: "tell what create would do, and whether it can here",
  description:
    "Tells step by step what `create` would do with the bundle, which place of config.json each step comes from, and whether this host and user can do it; exits with 1 where a step can't be done. Nothing is touched.",
  hot: false,
  options: [
    BUNDLE_OPTION,
    {
      name: "config",
      short: "f",
      kind: "text",
      value: "FILE",
      help: "the configuration, relative to the bundle",
      defaultText: "config.json",
    },
    { name: "json", kind: "flag", help: "print the steps as JSON" },
  ],
  positionals: [],
} as const satisfies Command;
