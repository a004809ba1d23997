/**
 * The command line, whole: the one source of parsing, help, completion and docs/cli.md. Data only. It is
 * evaluated at every start, so nothing is computed here.
 */
import type { Command } from "./option-types.ts";
import { CHECKPOINT } from "./table-checkpoint.ts";
import { DOCTOR, EXPLAIN } from "./table-diagnose.ts";
import { EXEC } from "./table-exec.ts";
import { BUNDLE_OPTION, CONTAINER, CREATE_OPTIONS, NEW_CONTAINER } from "./table-options.ts";
import { EVENTS, MOUNTS, PAUSE, PS, RESUME, UPDATE } from "./table-resources.ts";
import { RESTORE } from "./table-restore.ts";
import { WASM } from "./table-wasm.ts";

export const CREATE = {
  name: "create",
  summary: "create a container, which waits for start",
  description:
    "Makes the container that the bundle describes, up to but not including the user's program. That starts with `start`.",
  hot: true,
  options: [
    ...CREATE_OPTIONS,
    {
      name: "no-subreaper",
      kind: "flag",
      help: "leave the container's orphans to the caller's reaper, as create always does",
    },
  ],
  positionals: [NEW_CONTAINER],
} as const satisfies Command;

export const START = {
  name: "start",
  summary: "start the program of a created container",
  description: "Lets a created container go on to the user's program.",
  hot: true,
  options: [],
  positionals: [CONTAINER],
} as const satisfies Command;

export const RUN = {
  name: "run",
  summary: "create and start a container, and wait for it",
  description:
    "Creates and starts a container in one go, forwards signals to it, and ends with its exit code (128+n for a signal). The container is deleted when its program has ended.",
  hot: true,
  options: [
    ...CREATE_OPTIONS,
    { name: "detach", short: "d", kind: "flag", help: "do not wait for the container" },
    { name: "keep", kind: "flag", help: "do not delete the container when it has ended" },
    { name: "no-subreaper", kind: "flag", help: "leave the container's orphans to the caller's reaper" },
  ],
  positionals: [NEW_CONTAINER],
} as const satisfies Command;

export const STATE = {
  name: "state",
  summary: "print the state of a container",
  description: "Prints the state of a container as JSON, as the specification's State has it.",
  hot: true,
  options: [],
  positionals: [CONTAINER],
} as const satisfies Command;

export const KILL = {
  name: "kill",
  summary: "send a signal to a container",
  description: "Sends a signal to the container's init process.",
  hot: true,
  options: [
    { name: "all", short: "a", kind: "flag", help: "send it to all processes of the container" },
    {
      name: "regex",
      short: "r",
      kind: "flag",
      help: "CONTAINER is a regular expression: all containers whose id matches",
    },
  ],
  positionals: [
    CONTAINER,
    {
      name: "SIGNAL",
      help: "a name such as KILL, SIGKILL or RTMIN+1, or a number from 0 to 64; TERM unless told",
      optional: true,
      complete: "signal",
    },
  ],
} as const satisfies Command;

export const DELETE = {
  name: "delete",
  summary: "delete a container and what it holds",
  description: "Removes a stopped container: its cgroup and its state. The bundle stays.",
  hot: true,
  options: [
    {
      name: "force",
      short: "f",
      kind: "flag",
      help: "kill it first if need be; an unknown container is no error",
    },
    {
      name: "regex",
      short: "r",
      kind: "flag",
      help: "CONTAINER is a regular expression: delete all containers whose id matches",
    },
  ],
  positionals: [CONTAINER],
} as const satisfies Command;

export const LIST = {
  name: "list",
  summary: "list the containers",
  description: "Lists the containers of the state directory, sorted by id.",
  hot: true,
  options: [
    { name: "quiet", short: "q", kind: "flag", help: "print only the ids" },
    {
      name: "format",
      short: "f",
      kind: "choice",
      value: "FORMAT",
      choices: ["table", "json"],
      default: "table",
      help: "how to print them",
    },
  ],
  positionals: [],
} as const satisfies Command;

export const SPEC = {
  name: "spec",
  summary: "write a config.json to start from",
  description: "Writes a new config.json that runs `sh`; an existing one is never overwritten.",
  hot: false,
  options: [
    BUNDLE_OPTION,
    {
      name: "file",
      short: "f",
      kind: "text",
      value: "FILE",
      help: "the file to write, relative to the bundle; - for stdout",
      defaultText: "config.json",
    },
    { name: "rootless", kind: "flag", help: "write a configuration that an ordinary user can run" },
    {
      name: "wasm",
      kind: "text",
      value: "MODULE",
      help: "run this WebAssembly module, a path in the rootfs, in place of sh",
    },
  ],
  positionals: [],
} as const satisfies Command;

export const FEATURES = {
  name: "features",
  summary: "print what this runtime supports",
  description: "Prints the supported features as JSON, as the specification's features.md has them.",
  hot: false,
  options: [],
  positionals: [],
} as const satisfies Command;

export const SHELLS = ["bash", "zsh", "fish"] as const;

export const COMPLETION = {
  name: "completion",
  summary: "print a shell's completion script",
  description: "Prints the script that completes this command line in a shell.",
  hot: false,
  options: [],
  positionals: [{ name: "SHELL", help: "bash, zsh or fish", complete: SHELLS }],
} as const satisfies Command;

export const HELP = {
  name: "help",
  summary: "print help on a command",
  description: "Prints the help of a command, or the list of commands.",
  hot: false,
  options: [],
  positionals: [{ name: "COMMAND", help: "the command", optional: true, complete: "command" }],
} as const satisfies Command;

export const COMMANDS: readonly Command[] = [
  CREATE,
  START,
  RUN,
  STATE,
  EXEC,
  KILL,
  DELETE,
  PAUSE,
  RESUME,
  PS,
  EVENTS,
  UPDATE,
  MOUNTS,
  CHECKPOINT,
  RESTORE,
  LIST,
  SPEC,
  FEATURES,
  DOCTOR,
  EXPLAIN,
  WASM,
  COMPLETION,
  HELP,
];
