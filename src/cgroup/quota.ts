/** The quota of CPU time and its period, which cgroup v2 and systemd take together only. */
import type { Resources } from "../spec/types.ts";
import type { CgroupPaths } from "./plan.ts";
import { readControl } from "./write.ts";

const UNIFIED = "";

/** For an update: of quota and period the one that is not given is the one in force. */
export function withQuota(resources: Resources, paths: CgroupPaths, version: 1 | 2): Resources {
  const { cpu } = resources;
  if (cpu === undefined || (cpu.quota === undefined) === (cpu.period === undefined)) return resources;
  const [quota, period] = version === 2 ? quotaV2(paths[UNIFIED] ?? "") : quotaV1(paths.cpu ?? "");
  return { ...resources, cpu: { quota, period, ...cpu } };
}

const number = (text: string | undefined, otherwise: number) =>
  /^-?\d+$/.test(text ?? "") ? Number(text) : otherwise;
const UNLIMITED = -1;
const DEFAULT_PERIOD = 100_000;

function quotaV2(directory: string): [quota: number, period: number] {
  const [quota, period] = (readControl(directory, "cpu.max") ?? "").split(" ");
  return [number(quota, UNLIMITED), number(period, DEFAULT_PERIOD)];
}

function quotaV1(directory: string): [quota: number, period: number] {
  const read = (file: string) => readControl(directory, file);
  return [number(read("cpu.cfs_quota_us"), UNLIMITED), number(read("cpu.cfs_period_us"), DEFAULT_PERIOD)];
}
