/** The commands that look, and change nothing. Data only. */
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

export const EXPLAIN = {
  name: "explain",
  summary: "tell what create would do and whether this host can, or what was done for a container",
  description:
    "Tells step by step what `create` would do with a bundle, from which place in config.json each step comes, and whether this host and caller can do it; exits with 1 where one can't be done. Nothing is changed. With the id of a container and no bundle: what was done for it, how long each step took, and the step that failed.",
  hot: false,
  options: [
    {
      name: "bundle",
      short: "b",
      kind: "text",
      value: "DIR",
      help: "the bundle: the directory of config.json",
      defaultText: ".",
    },
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
  positionals: [
    {
      name: "CONTAINER",
      help: "a container that exists; with a bundle the id that it would have",
      optional: true,
      complete: "container",
    },
  ],
} as const satisfies Command;
