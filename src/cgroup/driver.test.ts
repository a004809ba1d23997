/** The life of a container's cgroups, on whatever cgroups this machine has. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cgroupPids, destroyCgroup, freeze, isFrozen, joinCgroup, killCgroup, thaw } from "./driver.ts";
import { cleanUp, create, ID, mode, ONCE_INSIDE, onAny, read, sleeper, wait } from "./driver-testing.ts";

const cgroupsOf = (pid: number) => readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");

test.after.each(cleanUp);

onAny("a process joins the container's cgroup in every hierarchy, and nothing is left after it", async () => {
  const paths = create({});
  const { pid, ended } = sleeper();
  joinCgroup({ paths }, pid);
  const expected = mode.hierarchies.length + (mode.unified === undefined ? 0 : 1);
  assert.is(cgroupsOf(pid).filter((line) => line.endsWith(`:/${ID}`)).length, expected);
  assert.equal(cgroupPids(paths, false), [pid]);
  killCgroup(paths, 9);
  assert.is(await ended, "SIGKILL");
  destroyCgroup(paths);
  for (const path of Object.values(paths)) assert.not(existsSync(path), path);
  destroyCgroup(paths);
});

onAny("freeze stops the processes, thaw lets them go on", () => {
  const paths = create({});
  const { pid } = sleeper("while :; do :; done");
  joinCgroup({ paths }, pid);
  assert.not(isFrozen(paths));
  freeze(paths);
  assert.ok(isFrozen(paths));
  const ticks = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(13, 15).join();
  const before = ticks();
  wait(100);
  assert.is(ticks(), before);
  thaw(paths);
  assert.not(isFrozen(paths));
  wait(100);
  assert.is.not(ticks(), before);
});

onAny("kill reaches a frozen container, and those that fork", async () => {
  const paths = create({});
  const { pid, ended } = sleeper(`${ONCE_INSIDE}; for i in 1 2 3; do sleep 50 & done; wait`);
  joinCgroup({ paths }, pid);
  for (let i = 0; cgroupPids(paths, true).length < 4 && i < 100; i++) wait(10);
  assert.is(cgroupPids(paths, true).length, 4);
  freeze(paths);
  killCgroup(paths, 9);
  assert.is(await ended, "SIGKILL");
  destroyCgroup(paths);
});

onAny("a lesser signal reaches all, also in cgroups below", async () => {
  const paths = create({});
  const below = Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, `${path}/below`]));
  for (const path of new Set(Object.values(below))) mkdirSync(path);
  for (const file of ["cpus", "mems"]) {
    if (below.cpuset === undefined) break;
    writeFileSync(`${below.cpuset}/cpuset.${file}`, read(paths, "cpuset", `cpuset.${file}`));
  }
  const { pid, ended } = sleeper();
  joinCgroup({ paths: below }, pid);
  assert.equal([cgroupPids(paths, false), cgroupPids(paths, true)], [[], [pid]]);
  killCgroup(paths, 15);
  assert.is(await ended, "SIGTERM");
  destroyCgroup(paths);
  assert.not(existsSync(Object.values(paths)[0] ?? ""));
});

onAny("a cgroup that has processes is not taken over, nor removed", async () => {
  const paths = create({});
  const { pid } = sleeper();
  joinCgroup({ paths }, pid);
  assert.throws(() => create({}), "container's cgroup is not empty: 1 process(es) found");
  assert.equal(cgroupPids(paths, true), [pid]);
  assert.throws(() => destroyCgroup(paths), `processes in it: ${pid}`);
});

onAny("a frozen cgroup is not taken over, an empty one is", () => {
  const paths = create({});
  freeze(paths);
  assert.throws(() => create({}), "container's cgroup unexpectedly frozen");
  thaw(paths);
  assert.equal(create({}), paths);
});

test.run();
