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

export const EVENTS = {
  name: "events",
  summary: "print statistics and out-of-memory notices of a container",
  description:
    "Prints a line of JSON for each out-of-memory notice, and statistics of the container's cgroup at intervals, until the container has ended.",
  hot: true,
  options: [
    {
      name: "interval",
      kind: "text",
      value: "DURATION",
      default: "5s",
      help: "time between two lines of statistics, as 5s or 100ms",
    },
    { name: "stats", kind: "flag", help: "print the statistics once" },
  ],
  positionals: [CONTAINER],
} as const satisfies Command;

export const UPDATE = {
  name: "update",
  summary: "change the limits of a container",
  description:
    "Changes limits of a container that is there, each alone; what is not named stays as it is. Zero and an empty value name nothing. Sizes may end in K, M, G, T or P, powers of 1024; -1 is no limit.",
  hot: true,
  options: [
    {
      name: "resources",
      short: "r",
      kind: "text",
      value: "FILE",
      help: "JSON of linux.resources, - for stdin; other options overrule it",
    },
    {
      name: "blkio-weight",
      kind: "text",
      value: "WEIGHT",
      help: "block I/O weight, 10 to 1000",
    },
    { name: "cpu-period", kind: "text", value: "USECS", help: "length of the period of --cpu-quota" },
    { name: "cpu-quota", kind: "text", value: "USECS", help: "CPU time in each period" },
    {
      name: "cpu-burst",
      kind: "text",
      value: "USECS",
      help: "CPU time above the quota that may be saved up",
    },
    {
      name: "cpu-share",
      aliases: ["cpu-shares"],
      kind: "text",
      value: "SHARES",
      help: "CPU time relative to others, 2 to 262144",
    },
    { name: "cpu-rt-period", kind: "text", value: "USECS", help: "length of the period of --cpu-rt-runtime" },
    {
      name: "cpu-rt-runtime",
      kind: "text",
      value: "USECS",
      help: "CPU time of real-time processes in each period",
    },
    { name: "cpu-idle", kind: "text", value: "N", help: "1 makes all processes SCHED_IDLE, 0 not" },
    { name: "cpuset-cpus", kind: "text", value: "LIST", help: "CPUs to run on, as 0-3,7" },
    { name: "cpuset-mems", kind: "text", value: "LIST", help: "memory nodes to allocate from" },
    { name: "memory", kind: "text", value: "SIZE", help: "memory" },
    { name: "memory-reservation", kind: "text", value: "SIZE", help: "memory to keep to when it is scarce" },
    { name: "memory-swap", kind: "text", value: "SIZE", help: "memory and swap together" },
    { name: "kernel-memory", kind: "text", value: "SIZE", help: "memory of the kernel, on cgroup v1" },
    {
      name: "kernel-memory-tcp",
      kind: "text",
      value: "SIZE",
      help: "memory of the kernel's TCP buffers, on cgroup v1",
    },
    { name: "pids-limit", kind: "text", value: "N", help: "processes and threads" },
    {
      name: "l3-cache-schema",
      kind: "text",
      value: "SCHEMA",
      help: "resctrl's L3 cache allocation of the container's class, as L3:0=ff",
    },
    {
      name: "mem-bw-schema",
      kind: "text",
      value: "SCHEMA",
      help: "resctrl's memory bandwidth of the container's class, as MB:0=50",
    },
  ],
  positionals: [CONTAINER],
} as const satisfies Command;

export const MOUNTS = {
  name: "mounts",
  summary: "add mounts to a running container, or remove them",
  description:
    "Adds the mounts of FILE, a JSON array as in config.json, to a container that runs, all or none; or removes what is mounted at their destinations.",
  hot: false,
  options: [],
  positionals: [
    { name: "ACTION", help: "add or remove", complete: ["add", "remove"] },
    CONTAINER,
    { name: "FILE", help: "JSON array of mounts", complete: [] },
  ],
} as const satisfies Command;
