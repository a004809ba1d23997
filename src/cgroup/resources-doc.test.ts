/** docs/resources.md says of every field which file it is written to. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Resources } from "../spec/types.ts";
import type { LimitWrite } from "./limits.ts";
import { limitsV1 } from "./limits-v1.ts";
import { limitsV2 } from "./limits-v2.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/resources.md"), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `/"))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));

const throttle = [{ major: 8, minor: 0, rate: 5 }];
const SAMPLES: Readonly<Record<string, Resources>> = {
  "/memory/limit": { memory: { limit: 1 } },
  "/memory/swap": { memory: { limit: 1, swap: 2 } },
  "/memory/reservation": { memory: { reservation: 1 } },
  "/memory/swappiness": { memory: { swappiness: 1 } },
  "/memory/disableOOMKiller": { memory: { disableOOMKiller: true } },
  "/memory/useHierarchy": { memory: { useHierarchy: false } },
  "/cpu/shares": { cpu: { shares: 2 } },
  "/cpu/quota": { cpu: { quota: 1 } },
  "/cpu/period": { cpu: { period: 1 } },
  "/cpu/burst": { cpu: { burst: 0 } },
  "/cpu/realtimePeriod": { cpu: { realtimePeriod: 1 } },
  "/cpu/realtimeRuntime": { cpu: { realtimeRuntime: 1 } },
  "/cpu/idle": { cpu: { idle: 0 } },
  "/cpu/cpus": { cpu: { cpus: "0" } },
  "/cpu/mems": { cpu: { mems: "0" } },
  "/pids/limit": { pids: { limit: 0 } },
  "/blockIO/weight": { blockIO: { weight: 10 } },
  "/blockIO/weightDevice/0/weight": { blockIO: { weightDevice: [{ major: 8, minor: 0, weight: 10 }] } },
  "/blockIO/leafWeight": { blockIO: { leafWeight: 10 } },
  "/blockIO/throttleReadBpsDevice/0": { blockIO: { throttleReadBpsDevice: throttle } },
  "/blockIO/throttleWriteBpsDevice/0": { blockIO: { throttleWriteBpsDevice: throttle } },
  "/blockIO/throttleReadIOPSDevice/0": { blockIO: { throttleReadIOPSDevice: throttle } },
  "/blockIO/throttleWriteIOPSDevice/0": { blockIO: { throttleWriteIOPSDevice: throttle } },
  "/hugepageLimits/0/limit": { hugepageLimits: [{ pageSize: "2MB", limit: 0 }] },
  "/network/classID": { network: { classID: 1 } },
  "/network/priorities/0": { network: { priorities: [{ name: "lo", priority: 0 }] } },
  "/rdma/mlx5_0": { rdma: { mlx5_0: { hcaHandles: 0 } } },
  "/unified/memory.high": { unified: { "memory.high": "1" } },
};

/** The file that a field is written to; "" where it is refused. */
function fileOf(limits: (resources: Resources, base: string) => LimitWrite[], field: string): string {
  try {
    const writes = limits(SAMPLES[field] ?? {}, "");
    return writes.find(({ pointer }) => pointer === field)?.file ?? `nothing of ${field}`;
  } catch (error) {
    assert.match(
      (error as Error).message,
      field
        .split("/")
        .slice(0, field.startsWith("/unified") ? 2 : 3)
        .join("/"),
    );
    return "";
  }
}

test("every field has its row, with the files that it is written to", () => {
  assert.equal(
    rows.map(([, field]) => field),
    Object.keys(SAMPLES),
  );
  for (const [, field = "", v1, v2] of rows)
    assert.equal([fileOf(limitsV1, field), fileOf(limitsV2, field)], [v1, v2], field);
});

test.run();
