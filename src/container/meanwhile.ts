/** What the host does for init while it mounts: what is set by the pid, or takes rights that init hasn't. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { PIDFD_RECEIVER } from "../spec/annotations.ts";
import type { Spec } from "../spec/types.ts";
import type { CreateOptions } from "./options.ts";
import { writePidFile } from "./pid-file.ts";
import type { Prepared } from "./prepare.ts";

export function setForInit({ spec, resctrl, record }: Prepared, options: CreateOptions, pid: number): void {
  enterResctrl(resctrl, pid);
  adjustOomScore(spec, pid);
  moveNetDevices(spec, pid);
  sendPidfd(options, record, pid);
  giveStdio(spec);
  if (options.pidFile !== undefined) writePidFile(options.pidFile, pid);
}

/** What it makes is in the record before. */
function enterResctrl(resctrl: Prepared["resctrl"], pid: number): void {
  if (resctrl === undefined) return;
  const { enterGroups } = require("../cgroup/resctrl.ts") as typeof import("../cgroup/resctrl.ts");
  enterGroups(resctrl.root, resctrl.plan, pid);
}

function adjustOomScore(spec: Spec, pid: number): void {
  const score = spec.process?.oomScoreAdj;
  if (score === undefined) return;
  const path = `/proc/${pid}/oom_score_adj`;
  try {
    files().writeExisting(path, String(score));
  } catch (error) {
    throw new OcirtError({
      action: "set oom_score_adj",
      path: String(score),
      pointer: "/process/oomScoreAdj",
      errno: isNativeError(error) ? error.code : undefined,
      hint: "lowering it below the caller's own takes CAP_SYS_RESOURCE",
    });
  }
}

/** Before the runtime's hooks, which may configure them. */
function moveNetDevices(spec: Spec, pid: number): void {
  const devices = spec.linux?.netDevices;
  if (devices === undefined) return;
  const { moveNetDevices } = require("./net-devices.ts") as typeof import("./net-devices.ts");
  moveNetDevices(devices, pid);
}

/** Before the program runs: init, which does it for other containers, may not in a user namespace. */
function giveStdio(spec: Spec): void {
  if (!spec.linux?.namespaces?.some(({ type, path }) => type === "user" && !path)) return;
  const { giveStdio } = require("./stdio-owner.ts") as typeof import("./stdio-owner.ts");
  giveStdio(spec.process, spec.linux);
}

function sendPidfd({ pidfdSocket }: CreateOptions, record: Prepared["record"], pid: number): void {
  const receiver = record.annotations[PIDFD_RECEIVER];
  if (!receiver && pidfdSocket === undefined) return;
  const { sendPidfd } = require("./pidfd-receiver.ts") as typeof import("./pidfd-receiver.ts");
  if (receiver) sendPidfd(receiver, record.id, pid, `/annotations/${PIDFD_RECEIVER}`);
  // runc's word for the process that makes a container.
  if (pidfdSocket !== undefined) sendPidfd(pidfdSocket, "standard", pid);
}
