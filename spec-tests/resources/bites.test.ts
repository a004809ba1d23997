/** A limit stops the process that goes past it: one that create has set, and one that `update` sets while it runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  allow,
  assert,
  type Case,
  type Container,
  cgroup,
  clause,
  conclude,
  until,
} from "../harness/index.ts";
import { DRIVERS, type Driver, directoriesOf, type Resources, running } from "./place.ts";

const MiB = 1024 * 1024;

interface Bite {
  readonly resources: Resources;
  /** What the process does when it may go past the limit. */
  readonly goes: string;
  /** Waits until it is stopped, or sees the file that says so. */
  readonly stopped: (container: Container) => Promise<unknown>;
  readonly unified?: true;
}

/** The process has ended, and has not said what it says when nothing stops it. */
const killed = async (container: Container) => {
  await container.waitFor("stopped");
  assert.not.match(container.output(), /survived/);
};

const says = (pattern: RegExp) => (container: Container) =>
  until(`${pattern}`, () => pattern.test(container.output() + container.errors()));

/** A number of a file in one of the container's cgroups. */
function counter(pid: number, file: string, name: string): number {
  for (const directory of directoriesOf(pid)) {
    try {
      const found = new RegExp(`^${name} (\\d+)$`, "m").exec(readFileSync(join(directory, file), "utf8"));
      if (found !== null) return Number(found[1]);
    } catch {
      // The file is another controller's.
    }
  }
  return 0;
}

const BITES: Readonly<Record<string, Bite>> = {
  "allocates more than memory.limit": {
    resources: { memory: { limit: 16 * MiB, swap: 16 * MiB } },
    goes: "exec tail /dev/zero",
    stopped: killed,
  },
  "allocates more than unified memory.max, and memory.oom.group ends all": {
    resources: { unified: { "memory.max": "16M", "memory.swap.max": "0", "memory.oom.group": "1" } },
    goes: "tail /dev/zero; echo survived; sleep 1000",
    stopped: killed,
    unified: true,
  },
  "forks past pids.limit": {
    resources: { pids: { limit: 1 } },
    goes: "(sleep 0; true); echo survived; sleep 1000",
    stopped: says(/can't fork|Resource temporarily unavailable/),
  },
  "spins past cpu.quota": {
    resources: { cpu: { quota: 5000, period: 10_000 } },
    goes: "while :; do :; done",
    stopped: (container) =>
      until("it is throttled", () => counter(container.pid(), "cpu.stat", "nr_throttled") > 0),
  },
};

const WAITS = "until [ -e /go ]; do :; done";

const go = (container: Container): void => writeFileSync(join(container.rootfs, "go"), "");

function update(t: Case, driver: Driver, { id }: Container, resources: Resources): void {
  const flags = driver === "systemd" ? ["--systemd-cgroup"] : [];
  const words = [...flags, "update", "--resources", "-", id];
  assert.succeeds(t.runtime(words, { input: JSON.stringify(resources) }), "update");
}

for (const driver of DRIVERS) {
  for (const [name, { resources, goes, stopped, unified }] of Object.entries(BITES)) {
    if (unified && !cgroup.unified) continue;
    clause(
      `who ${name} is stopped, with ${driver}: from the start, and after update`,
      async (t) => {
        const first = await running(t, driver, goes, (c) => (c.linux.resources = resources), "-first");
        await stopped(first);
        first.delete("--force");
        const later = await running(t, driver, `${WAITS}; ${goes}`, () => {}, "-later");
        update(t, driver, later, resources);
        go(later);
        await stopped(later);
        later.delete("--force");
      },
      { needs: ["cgroup", "ocirt"] },
    );
  }

  clause(
    `who opens a device that no rule allows is refused, with ${driver}: from the start, and after update`,
    async (t) => {
      const open = "cat /tmp/node; (: </dev/zero) && echo zero";
      const container = await running(
        t,
        driver,
        `mknod /tmp/node c 10 229; ${open}; ${WAITS}; ${open}; sleep 1000`,
        (c) => allow(c, "CAP_MKNOD"),
      );
      const refused = (times: number) => () =>
        container.errors().split("/tmp/node': Operation not permitted").length === times + 1 &&
        container.output() === "zero\n".repeat(times);
      await until("refused", refused(1));
      update(t, driver, container, { pids: { limit: 50 }, devices: [{ allow: true, access: "rwm" }] });
      go(container);
      await until("refused again", refused(2));
      container.delete("--force");
    },
    { needs: ["cgroup", "ocirt"] },
  );
}

conclude();
