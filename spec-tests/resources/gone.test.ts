/**
 * After delete nothing of the container's resources is left, however it ended: no cgroup, no unit, no program that
 * filters its devices.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Container,
  cgroup,
  clause,
  conclude,
  outside,
  until,
} from "../harness/index.ts";
import { DRIVERS, type Driver, directoriesOf, running } from "./place.ts";

interface End {
  /** Makes of the running container what delete finds. */
  readonly comes: (container: Container, directories: readonly string[]) => void | Promise<void>;
  readonly flags?: readonly string[];
  readonly unified?: true;
}

const killInit = (container: Container): void => {
  process.kill(container.pid(), "SIGKILL");
};

const stopped = async (container: Container) => {
  await container.waitFor("stopped");
};

/** The container's own sub-cgroup in each hierarchy, with a process of the container's in it. */
function below(container: Container, directories: readonly string[], name: string): string[] {
  const pid = container.pid();
  return directories.map((directory) => {
    const made = join(directory, name);
    mkdirSync(join(made, "deeper"), { recursive: true });
    // A new cpuset of v1 takes nobody without CPUs.
    if (!existsSync(join(made, "cpuset.cpus")) || cgroup.unified)
      writeFileSync(join(made, "cgroup.procs"), `${pid}`);
    return made;
  });
}

const ENDS: Readonly<Record<string, End>> = {
  "its init was killed from outside": {
    comes: async (container) => {
      killInit(container);
      await stopped(container);
    },
  },
  "it runs, and delete has to end it": { comes: () => {}, flags: ["--force"] },
  "it is paused": {
    comes: (container) => void assert.succeeds(container.command("pause", container.id)),
    flags: ["--force"],
  },
  "it is paused and its init was killed": {
    comes: (container) => {
      assert.succeeds(container.command("pause", container.id));
      killInit(container);
    },
    flags: ["--force"],
  },
  "it lives in sub-cgroups": {
    comes: (container, directories) => void below(container, directories, "inner"),
    flags: ["--force"],
  },
  "it lives in sub-cgroups and its init was killed": {
    comes: async (container, directories) => {
      below(container, directories, "inner");
      killInit(container);
      await stopped(container);
    },
  },
  "it has frozen a sub-cgroup with its own init": {
    comes: (container, directories) => {
      for (const made of below(container, directories, "cold"))
        writeFileSync(join(made, "cgroup.freeze"), "1");
    },
    flags: ["--force"],
    unified: true,
  },
  "it has threaded sub-cgroups": {
    comes: (_, directories) => {
      for (const directory of directories) {
        mkdirSync(join(directory, "threads"));
        writeFileSync(join(directory, "threads/cgroup.type"), "threaded");
      }
    },
    flags: ["--force"],
    unified: true,
  },
};

/** The kernel's programs that filter devices, each by its id. */
const programs = (t: Case): Set<string> =>
  new Set(
    assert
      .succeeds(t.execute([outside, "device-programs"]))
      .stdout.split("\n")
      .filter(Boolean),
  );

const unitState = (t: Case, id: string): string =>
  t.execute(["systemctl", "show", `spec-${id}.scope`, "-P", "LoadState"]).stdout.trim();

async function leavesNothing(t: Case, driver: Driver, { comes, flags = [] }: End): Promise<void> {
  const before = programs(t);
  const container = await running(t, driver, "sleep 1000 & sleep 1000; wait");
  const directories = directoriesOf(container.pid());
  // On v1 others may make such programs meanwhile, and the container has none.
  const added = cgroup.unified ? [...programs(t)].filter((id) => !before.has(id)) : [];
  assert.is(added.length > 0, cgroup.unified, "there is a program on cgroup v2");
  if (driver === "systemd") assert.is(unitState(t, container.id), "loaded");
  await comes(container, directories);
  container.delete(...flags);
  assert.equal(
    directories.filter((directory) => existsSync(directory)),
    [],
  );
  // The kernel lets go of the program when the last reference to the dead cgroup is gone.
  await until("no program", () => {
    const now = programs(t);
    return !added.some((id) => now.has(id));
  });
  if (driver === "systemd") await until("no unit", () => unitState(t, container.id) === "not-found");
}

for (const driver of DRIVERS) {
  for (const [name, end] of Object.entries(ENDS)) {
    if (end.unified && !cgroup.unified) continue;
    clause(`${name}: delete leaves nothing, with ${driver}`, (t) => leavesNothing(t, driver, end), {
      needs: ["cgroup", "ocirt"],
    });
  }
}

conclude();
