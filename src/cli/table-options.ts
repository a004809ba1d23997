/** The options that stand before any command, and what several commands share. Data only. */
import type { Option, Positional } from "./option-types.ts";

export const LOG_LEVELS = ["error", "warning", "info", "debug"] as const;

export const GLOBAL_OPTIONS = [
  {
    name: "root",
    kind: "text",
    value: "DIR",
    help: "state directory, best on a tmpfs",
    defaultText: "/run/ocirt, or $XDG_RUNTIME_DIR/ocirt when not root",
  },
  {
    name: "log",
    kind: "text",
    value: "TARGET",
    help: "where messages go besides stderr: a FILE, file:PATH, syslog:ID or journald:ID",
  },
  {
    name: "log-format",
    kind: "choice",
    value: "FORMAT",
    choices: ["text", "json"],
    default: "text",
    help: "how messages are written to the log",
  },
  {
    name: "log-level",
    kind: "choice",
    value: "LEVEL",
    choices: LOG_LEVELS,
    help: "the least important messages that are written",
    defaultText: "warning",
  },
  { name: "debug", kind: "flag", help: "write debug messages too; the same as --log-level=debug" },
  {
    name: "cgroup-manager",
    kind: "choice",
    value: "MANAGER",
    choices: ["cgroupfs", "systemd", "disabled"],
    default: "cgroupfs",
    help: "who makes the container's cgroup",
  },
  {
    name: "systemd-cgroup",
    kind: "flag",
    help: "the same as --cgroup-manager=systemd",
  },
  {
    name: "rootless",
    kind: "choice",
    value: "WHEN",
    choices: ["auto", "true", "false"],
    default: "auto",
    help: "whether to expect the rights of an ordinary user only",
  },
  { name: "version", short: "v", kind: "flag", help: "print the version and the features" },
  { name: "help", short: "h", kind: "flag", help: "print this help" },
] as const satisfies readonly Option[];

/** Of the commands on a container that is there. */
export const CONTAINER = {
  name: "CONTAINER",
  help: "id of the container",
  complete: "container",
} as const satisfies Positional;

export const NEW_CONTAINER = {
  name: "CONTAINER",
  help: "id of the new container: letters, digits, _ + - and . (not first)",
  complete: [],
} as const satisfies Positional;

/** Where the bundle is: create, run and spec. */
export const BUNDLE_OPTION = {
  name: "bundle",
  short: "b",
  kind: "text",
  value: "DIR",
  default: ".",
  help: "the bundle: the directory of config.json",
} as const satisfies Option;

export const PID_FILE_OPTION = {
  name: "pid-file",
  kind: "text",
  value: "FILE",
  help: "write the process id of the container's init there",
} as const satisfies Option;

export const CONSOLE_SOCKET_OPTION = {
  name: "console-socket",
  kind: "text",
  value: "SOCKET",
  help: "AF_UNIX socket that is sent the master end of the container's terminal",
} as const satisfies Option;

export const CREATE_OPTIONS = [
  BUNDLE_OPTION,
  {
    name: "config",
    short: "f",
    kind: "text",
    value: "FILE",
    help: "the configuration, relative to the bundle",
    defaultText: "config.json",
  },
  PID_FILE_OPTION,
  CONSOLE_SOCKET_OPTION,
  {
    name: "pidfd-socket",
    kind: "text",
    value: "SOCKET",
    help: "AF_UNIX socket that is sent a pidfd of the container's init",
  },
  {
    name: "preserve-fds",
    kind: "count",
    value: "N",
    default: 0,
    help: "pass this many descriptors from 3 on to the process",
  },
  {
    name: "no-pivot",
    kind: "flag",
    help: "enter the root with a moved mount and chroot, for a root on the initramfs",
  },
  { name: "no-new-keyring", kind: "flag", help: "keep the caller's session keyring" },
  { name: "dry-run", kind: "flag", help: "print the plan of what would be done, and do nothing" },
  {
    name: "format",
    kind: "choice",
    value: "FORMAT",
    choices: ["text", "json"],
    help: "how --dry-run prints the plan",
    defaultText: "text",
  },
] as const satisfies readonly Option[];
