/** The command `exec`. Data only. */
import type { Command } from "./option-types.ts";
import { CONTAINER } from "./table-options.ts";

export const EXEC = {
  name: "exec",
  summary: "run another program in a container",
  description:
    "Runs a program in the namespaces and cgroups of a container, waits for it and ends with its exit code (128+n for a signal, 255 where it could not be started). Options end at the container's id: what follows is the program and its arguments.",
  hot: true,
  options: [
    {
      name: "process",
      short: "p",
      kind: "text",
      value: "FILE",
      help: "the process, as in config.json, from this file",
    },
    { name: "cwd", kind: "text", value: "DIR", help: "the working directory, absolute" },
    {
      name: "env",
      short: "e",
      kind: "list",
      value: "NAME=VALUE",
      help: "set a variable, besides the container's",
    },
    {
      name: "user",
      short: "u",
      kind: "text",
      value: "UID[:GID]",
      help: "the user, and the group unless it is the container's",
    },
    { name: "additional-gids", short: "g", kind: "list", value: "GID", help: "add a supplementary group" },
    {
      name: "cap",
      short: "c",
      kind: "list",
      value: "CAP",
      help: "add a capability to the bounding, effective and permitted sets",
    },
    { name: "tty", short: "t", kind: "flag", help: "give it a terminal" },
    { name: "apparmor", kind: "text", value: "PROFILE", help: "the AppArmor profile" },
    { name: "process-label", kind: "text", value: "LABEL", help: "the SELinux label" },
    { name: "no-new-privs", kind: "flag", help: "set no_new_privs even where the container doesn't" },
    {
      name: "preserve-fds",
      kind: "count",
      value: "N",
      default: 0,
      help: "pass this many descriptors from 3 on to the process",
    },
    { name: "detach", short: "d", kind: "flag", help: "do not wait for the process" },
    { name: "pid-file", kind: "text", value: "FILE", help: "write its process id there" },
    {
      name: "console-socket",
      kind: "text",
      value: "SOCKET",
      help: "AF_UNIX socket that is sent the master end of its terminal",
    },
    {
      name: "pidfd-socket",
      kind: "text",
      value: "SOCKET",
      help: "AF_UNIX socket that is sent a pidfd of the process",
    },
    {
      name: "cgroup",
      kind: "list",
      value: "[CTRL[,CTRL]:]PATH",
      help: "join this cgroup below the container's",
    },
    {
      name: "ignore-paused",
      kind: "flag",
      help: "exec in a paused container too: the process waits until it is resumed",
    },
  ],
  positionals: [
    CONTAINER,
    { name: "COMMAND", help: "the program and its arguments", optional: true, rest: true, complete: [] },
  ],
} as const satisfies Command;
