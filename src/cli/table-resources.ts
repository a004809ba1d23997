/** The commands that stop, watch and limit what runs in a container's cgroup. Data only. */
import type { Command } from "./option-types.ts";
import { CONTAINER } from "./table-options.ts";

export const PAUSE = {
  name: "pause",
  summary: "stop all processes of a container until resume",
  description: "Freezes all processes of a created or running container where they are.",
  hot: true,
  options: [],
  positionals: [CONTAINER],
} as const satisfies Command;

export const RESUME = {
  name: "resume",
  summary: "let a paused container go on",
  description: "Lets the processes of a paused container go on.",
  hot: true,
  options: [],
  positionals: [CONTAINER],
} as const satisfies Command;

export const PS = {
  name: "ps",
  summary: "list the processes of a container",
  description:
    "Lists the processes in the container's cgroup and in those below it, as ps(1) shows them. What stands after the container's id is passed on to ps(1), `-ef` unless told; its output must have a PID column.",
  hot: true,
  options: [
    {
      name: "format",
      short: "f",
      kind: "choice",
      value: "FORMAT",
      choices: ["table", "json"],
      default: "table",
      help: "the table of ps(1), or an array of process ids",
    },
  ],
  positionals: [
    CONTAINER,
    { name: "PS-OPTION", help: "what ps(1) gets", optional: true, rest: true, complete: [] },
  ],
} as const satisfies Command;
