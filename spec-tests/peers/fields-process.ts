/** The fields of `process`. */
import { put } from "../harness/index.ts";
import { at, DEFAULT, edit, type Field, newer } from "./field.ts";

/** Hard limits below what any machine's caller has. */
const RLIMITS = {
  AS: 2 ** 30,
  CORE: 1024,
  CPU: 600,
  DATA: 2 ** 30,
  FSIZE: 2 ** 30,
  LOCKS: 100,
  MEMLOCK: 2 ** 15,
  MSGQUEUE: 2 ** 15,
  NICE: 0,
  NOFILE: 600,
  NPROC: 1000,
  RSS: 2 ** 30,
  RTPRIO: 0,
  RTTIME: 1000,
  SIGPENDING: 1000,
  STACK: 2 ** 23,
};

export const PROCESS: Record<string, Field> = {
  default: DEFAULT,
  "process.user: ids, additional groups, umask": at("/process/user", {
    uid: 1000,
    gid: 1000,
    additionalGids: [5, 2000],
    umask: 0o027,
  }),
  "process.user: an unknown one": at("/process/user", { uid: 4321, gid: 1234 }),
  "process.user: additional groups of root": at("/process/user/additionalGids", [1, 2]),
  "process.env: HOME given": at("/process/env", ["PATH=/bin", "HOME=/srv", "A=b=c", "EMPTY="]),
  "process.env: none": edit((config) => {
    config.process.env = ["PATH=/bin"];
    config.process.user.uid = 1000;
  }),
  "process.env: twice the same": at("/process/env", ["PATH=/bin", "A=1", "A=2"]),
  "process.cwd": at("/process/cwd", "/srv"),
  "process.cwd: not there": edit((config) => {
    config.process.cwd = "/srv/new/directory";
  }, "stat -c '%n %a %u:%g' /srv/new /srv/new/directory"),
  "process.cwd: of another user": edit((config) => {
    config.process.cwd = "/home/user";
    config.process.user = { uid: 1000, gid: 1000 };
  }),
  "process.capabilities: none": at("/process/capabilities", undefined),
  "process.capabilities: empty sets": at("/process/capabilities", {
    bounding: [],
    effective: [],
    inheritable: [],
    permitted: [],
    ambient: [],
  }),
  "process.capabilities: ambient of a user": edit((config) => {
    config.process.user = { uid: 1000, gid: 1000 };
    const set = ["CAP_NET_RAW", "CAP_CHOWN"];
    put(config, "/process/capabilities", {
      bounding: set,
      effective: set,
      inheritable: set,
      permitted: set,
      ambient: set,
    });
  }),
  "process.capabilities: of a user, not ambient": edit((config) => {
    config.process.user = { uid: 1000, gid: 1000 };
  }),
  "process.capabilities: bounding only": at("/process/capabilities", { bounding: ["CAP_CHOWN"] }),
  "process.noNewPrivileges false": at("/process/noNewPrivileges", false),
  "process.noNewPrivileges false, of a user": edit((config) => {
    config.process.noNewPrivileges = false;
    config.process.user = { uid: 1000, gid: 1000 };
  }),
  "process.rlimits: all": at(
    "/process/rlimits",
    Object.entries(RLIMITS).map(([name, hard]) => ({ type: `RLIMIT_${name}`, soft: hard >> 1, hard })),
  ),
  "process.rlimits: none": at("/process/rlimits", []),
  "process.oomScoreAdj": at("/process/oomScoreAdj", 500),
  "process.oomScoreAdj: 0": at("/process/oomScoreAdj", 0),
  ...Object.fromEntries(
    [{ policy: "SCHED_OTHER", nice: 5 }, { policy: "SCHED_BATCH", nice: -3 }, { policy: "SCHED_IDLE" }].map(
      (scheduler) => [`process.scheduler ${scheduler.policy}`, newer(at("/process/scheduler", scheduler))],
    ),
  ),
  ...Object.fromEntries(
    [
      { class: "IOPRIO_CLASS_RT", priority: 3 },
      { class: "IOPRIO_CLASS_BE", priority: 6 },
      { class: "IOPRIO_CLASS_IDLE", priority: 0 },
    ].map((io) => [`process.ioPriority ${io.class}`, newer(at("/process/ioPriority", io))]),
  ),
  "process.terminal": edit((config) => {
    config.process.terminal = true;
    put(config, "/process/consoleSize", { height: 30, width: 100 });
  }, "stty size"),
};
