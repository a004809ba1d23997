/**
 * An ordinary user's containers in what systemd delegates to the user's manager (user@.service): limits that hold, and
 * nothing that is left. The commands run in units of the user's, as those of a session do.
 */
import { chownSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Config,
  type Container,
  clause,
  conclude,
  runtimePath,
  until,
} from "../harness/index.ts";
import type { Driver, Files } from "./place.ts";

/** The guest's ordinary user. */
const UID = 1000;
const RUNTIME_DIRECTORY = `/run/user/${UID}`;
const MANAGER = `user@${UID}.service`;

/** What comes with it. */
const UNITS = [MANAGER, `user-runtime-dir@${UID}.service`, `user-${UID}.slice`, "user.slice"];

/** Driver to the cgroup, below the manager's. */
const PLACES: Readonly<Record<Driver, (id: string) => string>> = {
  cgroupfs: (id) => `app.slice/${id}`,
  systemd: (id) => `user.slice/ocirt-${id}.scope`,
};

const LIMITS: Files = {
  "memory.max": "67108864",
  "pids.max": "33",
  "cpu.max": "20000 100000",
  "cpu.weight": "59",
};

/** As the user, with its manager's bus. */
const asUser = (...words: string[]) => [
  "setpriv",
  `--reuid=${UID}`,
  `--regid=${UID}`,
  "--init-groups",
  "env",
  `XDG_RUNTIME_DIR=${RUNTIME_DIRECTORY}`,
  ...words,
];

/** In a unit of the user's: only within what is delegated may the user move processes. */
const inUnit = (...words: string[]) =>
  asUser(
    "systemd-run",
    "--user",
    "--quiet",
    "--pipe",
    "--wait",
    "--collect",
    "--property=KillMode=process",
    ...words,
  );

function configure(t: Case, container: Container): void {
  assert.succeeds(t.execute(["chown", "-R", `${UID}:${UID}`, t.directory]));
  const file = join(container.bundle, "config.json");
  writeFileSync(file, "");
  assert.succeeds(t.execute(asUser("rm", file)));
  assert.succeeds(t.execute(asUser(runtimePath, "spec", "--rootless", "--bundle", container.bundle)), "spec");
  const config = JSON.parse(readFileSync(file, "utf8")) as Config;
  config.process.terminal = false;
  config.process.args = ["sleep", "1000"];
  config.linux.resources = {
    memory: { limit: 67_108_864 },
    pids: { limit: 33 },
    cpu: { shares: 512, quota: 20_000 },
  };
  container.configure(config);
  chownSync(file, UID, UID);
}

async function live(t: Case, driver: Driver): Promise<void> {
  const container = t.container();
  const { id, bundle } = container;
  configure(t, container);
  const global = ["--root", t.stateRoot, ...(driver === "systemd" ? ["--systemd-cgroup"] : [])];
  const run = async (...words: string[]) =>
    assert.succeeds(await t.start(inUnit(runtimePath, ...global, ...words)).ended, words.join(" "));
  await run("create", "--bundle", bundle, id);
  await run("start", id);
  const pid = container.pid();
  const place = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().slice("0::".length);
  assert.ok(place.endsWith(`/${MANAGER}/${PLACES[driver](id)}`), place);
  const directory = `/sys/fs/cgroup${place}`;
  for (const [name, value] of Object.entries(LIMITS))
    assert.is(readFileSync(join(directory, name), "utf8").trim(), value, name);
  const inside = await run("exec", id, "sh", "-c", "cat /proc/self/cgroup; kill -0 1 && echo sees");
  assert.is(inside.stdout, "0::/\nsees\n");
  await run("update", "--pids-limit", "2", id);
  const forks = await t.start(inUnit(runtimePath, ...global, "exec", id, "sh", "-c", "sleep 0; true")).ended;
  assert.match(forks.stderr, /can't fork|Resource temporarily unavailable/);
  await run("kill", id, "KILL");
  await container.waitFor("stopped");
  await run("delete", id);
  await until("no cgroup", () => !existsSync(directory));
  const units = t.execute(
    asUser("systemctl", "--user", "list-units", "--all", "--no-legend", `*${id}*`),
  ).stdout;
  assert.is(units, "");
}

for (const driver of ["cgroupfs", "systemd"] as const) {
  clause(
    `an ordinary user's container in the user's own manager, with ${driver}: limits, exec, update, delete`,
    async (t) => {
      const isThere = readFileSync("/etc/passwd", "utf8").includes(`:${UID}:${UID}:`);
      assert.ok(isThere, `the guest has the user ${UID}`);
      const added = UNITS.filter(
        (unit) => t.execute(["systemctl", "is-active", "--quiet", unit]).status !== 0,
      );
      assert.succeeds(t.execute(["systemctl", "start", MANAGER]));
      try {
        await live(t, driver);
      } finally {
        t.execute(["systemctl", "stop", ...added]);
      }
    },
    { needs: ["systemd", "cgroup-v2", "ocirt"] },
  );
}

conclude();
