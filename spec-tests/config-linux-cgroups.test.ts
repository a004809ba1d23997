/** runtime-spec config-linux.md, "Control groups": the path, and that the container is in it and it goes away. */
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  assert,
  type Config,
  cgroup,
  clause,
  conclude,
  mapUsers,
  put,
  type Terms,
  until,
} from "./harness/index.ts";
import { owned } from "./harness/userns.ts";

const TERMS: Terms = { needs: ["cgroup"] };

/** A controller that any machine has; on v2 there is one hierarchy and the name does not matter. */
const ANY = "pids";

const sleeper = (c: { process: { args: string[] } }): void => {
  c.process.args = ["sleep", "1000"];
};

clause(
  "cgroupsPath: absolute: below the root of the hierarchies",
  async (t) => {
    const path = `/${t.tag}-parent/child`;
    const container = t.container((c) => {
      sleeper(c);
      c.linux.cgroupsPath = path;
    });
    await container.create();
    const directory = cgroup.directory(container.pid(), ANY);
    assert.ok(directory.endsWith(path), directory);
    await container.remove();
    assert.not.ok(existsSync(directory));
    if (existsSync(dirname(directory))) cgroup.removeEverywhere(`${t.tag}-parent`);
  },
  TERMS,
);

clause(
  "cgroupsPath: the container is in it in each hierarchy",
  async (t) => {
    const path = `/${t.tag}-everywhere`;
    const container = t.container((c) => {
      sleeper(c);
      c.linux.cgroupsPath = path;
    });
    await container.create();
    const lines = readFileSync(`/proc/${container.pid()}/cgroup`, "utf8").trim().split("\n");
    // A hierarchy that is mounted nowhere here can't be joined here.
    const mounted = cgroup.mounts().flatMap(({ controllers }) => controllers);
    const named = lines.filter((line) => {
      const [, controllers = ""] = line.split(":");
      return controllers === ""
        ? cgroup.unified
        : controllers.split(",").some((one) => mounted.includes(one));
    });
    assert.ok(named.length > 0);
    for (const line of named) assert.ok(line.endsWith(path), line);
    await container.remove();
  },
  TERMS,
);

clause(
  "cgroupsPath: relative: the runtime's to place, the same each time",
  async (t) => {
    const container = t.container((c) => {
      sleeper(c);
      c.linux.cgroupsPath = `${t.tag}-relative`;
    });
    const seen: string[] = [];
    for (let round = 0; round < 2; round++) {
      await container.create();
      const directory = cgroup.directory(container.pid(), ANY);
      assert.match(directory, `${t.tag}-relative`);
      seen.push(directory);
      await container.remove();
    }
    assert.is(seen[0], seen[1]);
  },
  TERMS,
);

clause(
  "cgroupsPath: without it, a cgroup of the container's own",
  async (t) => {
    const container = t.container(sleeper);
    await container.create();
    const directory = cgroup.directory(container.pid(), ANY);
    assert.match(basename(directory), container.id);
    assert.is(readFileSync(join(directory, "cgroup.procs"), "utf8").trim(), String(container.pid()));
    await container.remove();
    assert.not.ok(existsSync(directory));
  },
  TERMS,
);

clause(
  "cgroupsPath: .. is an error or stays below the root of the hierarchies",
  async (t) => {
    const container = t.container((c) => {
      sleeper(c);
      c.linux.cgroupsPath = `/../../${t.tag}-up`;
    });
    const result = await container.tryCreate();
    if (result.status === 0) {
      assert.ok(cgroup.directory(container.pid(), ANY).startsWith("/sys/fs/cgroup/"));
      await container.remove();
    } else assert.match(result.stderr, /\.\./);
  },
  TERMS,
);

clause(
  "the cgroup is made by create, and kept until delete",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    await container.create();
    const directory = cgroup.directory(container.pid(), ANY);
    container.start();
    await container.waitFor("stopped");
    assert.ok(existsSync(directory), "kept after the end of the process");
    container.delete();
    assert.not.ok(existsSync(directory), "removed by delete");
  },
  TERMS,
);

clause(
  "delete: cgroups that the container made below its own are removed, too",
  async (t) => {
    const container = t.container(sleeper);
    await container.create();
    const directory = cgroup.directory(container.pid(), ANY);
    mkdirSync(join(directory, "below/deeper"), { recursive: true });
    await container.remove();
    assert.not.ok(existsSync(directory));
  },
  TERMS,
);

clause(
  "delete: a cgroup that was there before is left or removed, its parent never",
  async (t) => {
    const parent = `${t.tag}-kept`;
    const container = t.container((c) => {
      sleeper(c);
      c.linux.cgroupsPath = `/${parent}/inner`;
    });
    const points = cgroup.makeEverywhere(parent);
    await container.create();
    await container.remove();
    for (const point of points) {
      assert.ok(existsSync(point), `${point} is not the runtime's to remove`);
      rmdirSync(point);
    }
  },
  TERMS,
);

clause(
  "two containers in one cgroup: the end of one does not end the other",
  async (t) => {
    const path = `/${t.tag}-two`;
    const [one, two] = ["-one", "-two"].map((suffix) =>
      t.container((c) => {
        sleeper(c);
        c.linux.cgroupsPath = `${path}${suffix}`;
      }, suffix),
    );
    if (one === undefined || two === undefined) throw new Error("two containers");
    await one.create();
    await two.create();
    one.start();
    two.start();
    await one.remove();
    assert.is(two.state().status, "running");
    await two.remove();
  },
  TERMS,
);

clause(
  "processes that the container starts are in its cgroup",
  async (t) => {
    const container = t.container(
      (c) => (c.process.args = ["sh", "-c", "sleep 1000 & sleep 1000 & echo ready; wait"]),
    );
    await container.runDetached();
    await container.says(/ready/);
    const file = join(cgroup.directory(container.pid(), ANY), "cgroup.procs");
    await until("three processes", () => readFileSync(file, "utf8").trim().split("\n").length === 3);
    await container.remove();
  },
  TERMS,
);

clause(
  "without resources: no limit",
  async (t) => {
    const container = t.container((c) => {
      sleeper(c);
      put(c, "/linux/resources", undefined);
    });
    await container.create();
    assert.is(cgroup.value(container.pid(), "pids", "pids.max"), "max");
    await container.remove();
  },
  TERMS,
);

clause(
  "the runtime's own cgroup stays as it is",
  async (t) => {
    const before = readFileSync("/proc/self/cgroup", "utf8");
    const container = t.container(sleeper);
    await container.create();
    assert.is(readFileSync("/proc/self/cgroup", "utf8"), before);
    await container.remove();
  },
  TERMS,
);

/** Its own cgroup namespace, and a mount in which it may write. */
const arranged = (c: Config, uid: number): void => {
  sleeper(c);
  mapUsers(c);
  c.linux.namespaces.push({ type: "cgroup" });
  c.mounts = c.mounts.filter(({ destination }) => destination !== "/sys/fs/cgroup");
  c.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"] });
  c.process.user = { uid, gid: 0 };
};

clause(
  "Cgroup ownership: the container's user may arrange its cgroup, and not lift its limits",
  async (t) => {
    const container = t.container((c, own) => {
      owned(t, own);
      arranged(c, 5);
      c.linux.resources = { pids: { limit: 50 } };
    });
    await container.runDetached();
    const script =
      "mkdir /sys/fs/cgroup/below && echo $$ >/sys/fs/cgroup/below/cgroup.procs && echo moved; echo 99 >/sys/fs/cgroup/pids.max";
    const result = container.command("exec", "--user", "5", container.id, "sh", "-c", script);
    assert.match(result.stdout, /^moved\n/, result.stderr);
    assert.match(result.stderr, /pids\.max: Permission denied/);
    container.delete("--force");
  },
  { needs: ["cgroup-v2", "userns"] },
);

clause(
  "run.oci.delegate-cgroup: the process begins in a cgroup below, which is its own; the limits stay above",
  async (t) => {
    const container = t.container((c, own) => {
      owned(t, own);
      arranged(c, 0);
      c.annotations = { "run.oci.delegate-cgroup": "payload/own" };
      c.linux.resources = { pids: { limit: 50 } };
    });
    await container.runDetached();
    const place = readFileSync(`/proc/${container.pid()}/cgroup`, "utf8").trim();
    assert.match(place, /\/payload\/own$/);
    const script =
      "cat /proc/1/cgroup; mkdir /sys/fs/cgroup/more && echo made; ls /sys/fs/cgroup/pids.max; cat /sys/fs/cgroup/pids.max";
    const { stdout } = assert.succeeds(container.command("exec", container.id, "sh", "-c", script));
    assert.is(stdout, "0::/\nmade\n/sys/fs/cgroup/pids.max\nmax\n");
    container.delete("--force");
  },
  { needs: ["ocirt", "cgroup-v2", "userns"] },
);

conclude();
