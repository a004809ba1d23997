/** `pause`, `resume` and `ps`: no part of the specification; as runc does them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Container, cgroup, clause, conclude, until } from "./harness/index.ts";

const TERMS = { needs: ["cgroup"] } as const;

async function sleeper(t: Case, suffix = "", cgroupsPath?: string): Promise<Container> {
  const container = t.container((c) => {
    c.process.args = ["sleep", "1000"];
    if (cgroupsPath !== undefined) c.linux.cgroupsPath = cgroupsPath;
  }, suffix);
  await container.create();
  return container;
}

/** The state letter of a process: of a frozen one "D" on v1; it makes no progress. */
const frozen = (pid: number): boolean => {
  const directory = cgroup.directory(pid, "freezer");
  return cgroup.unified
    ? readFileSync(join(directory, "cgroup.events"), "utf8").includes("frozen 1")
    : readFileSync(join(directory, "freezer.state"), "utf8") === "FROZEN\n";
};

const pids = (container: Container): unknown =>
  JSON.parse(assert.succeeds(container.command("ps", "--format", "json", container.id), "ps").stdout);

clause(
  "pause and resume: all processes stand still, and go on",
  async (t) => {
    const container = t.container(
      (c) => (c.process.args = ["sh", "-c", "while read -r line; do echo got $line; done < /fifo"]),
    );
    t.execute(["mkfifo", join(container.rootfs, "fifo")]);
    await container.runDetached();
    const pid = container.pid();
    assert.succeeds(container.command("pause", container.id), "pause");
    assert.is(container.state().status, "paused");
    assert.ok(frozen(pid));
    assert.succeeds(container.command("resume", container.id), "resume");
    assert.is(container.state().status, "running");
    assert.not.ok(frozen(pid));
    writeFileSync(join(container.rootfs, "fifo"), "on\n");
    await container.says(/got on/);
    await container.waitFor("stopped");
    container.delete();
  },
  TERMS,
);

clause(
  "pause of a created container: it is paused until resume, and starts then",
  async (t) => {
    const container = await sleeper(t);
    assert.succeeds(container.command("pause", container.id), "pause");
    assert.is(container.state().status, "paused");
    assert.refuses(container.command("start", container.id), /cannot start .*paused/);
    assert.succeeds(container.command("resume", container.id), "resume");
    assert.is(container.state().status, "created");
    container.start();
    await container.remove();
  },
  { ...TERMS, differs: { runc: "tells less", crun: "calls it created" } },
);

clause(
  "pause of a paused or stopped container, resume of one that is not paused: errors that say so",
  async (t) => {
    const container = await sleeper(t);
    const { id } = container;
    const refused = (command: string, text: string) => {
      const result = container.command(command, id);
      assert.is(result.status, 1);
      assert.is(result.stderr, `ocirt: ${command} the container \`${id}\`: ${text}\n`);
    };
    refused("resume", "container not paused; it is created");
    container.start();
    refused("resume", "container not paused; it is running");
    assert.succeeds(container.command("pause", id), "pause");
    refused("pause", "container not running; it is paused");
    assert.succeeds(container.command("resume", id), "resume");
    container.kill("KILL");
    await container.waitFor("stopped");
    refused("pause", "container not running; it is stopped");
    refused("resume", "container not paused; it is stopped");
    container.delete();
    assert.match(container.command("pause", id).stderr, /does not exist/);
    assert.match(container.command("ps", id).stderr, /does not exist/);
  },
  { needs: ["cgroup", "ocirt"] },
);

clause(
  "kill, kill --all and delete --force end a paused container, also one with cgroups below its own",
  async (t) => {
    for (const end of [
      ["kill", "ID", "KILL"],
      ["kill", "--all", "ID", "KILL"],
      ["delete", "--force", "ID"],
    ]) {
      const name = end.slice(0, -1).join("");
      const container = await sleeper(t, `-${name.replaceAll(/\W/g, "")}`);
      container.start();
      for (const controller of ["freezer", "devices", "pids"]) {
        const below = join(cgroup.directory(container.pid(), controller), "below/deeper/still");
        mkdirSync(below, { recursive: true });
      }
      assert.succeeds(container.command("pause", container.id), "pause");
      assert.succeeds(
        container.command(...(end.map((word) => (word === "ID" ? container.id : word)) as [string])),
      );
      if (end[0] === "delete") continue;
      // What the freezer of v1 holds dies when it goes on; that of v2 lets it die.
      if (!end.includes("--all") && !cgroup.unified)
        assert.succeeds(container.command("resume", container.id), "resume");
      await container.waitFor("stopped");
      container.delete();
    }
  },
  { ...TERMS, differs: { runc: "leaves a paused one to be resumed", crun: "leaves deep cgroups" } },
);

clause(
  "ps: the processes of the container and of the cgroups below, as numbers or as ps(1) shows them",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["sh", "-c", "sleep 1000 & echo $! ready; wait"]));
    await container.runDetached();
    await container.says(/ready/);
    const init = container.pid();
    const all = await until("two processes", () => {
      const found = pids(container) as number[];
      return found.length === 2 && found;
    });
    assert.ok(all.includes(init));
    const child = all.find((pid) => pid !== init);
    // Also what has moved to a cgroup of the container's own making.
    const below = join(cgroup.directory(init, "devices"), "below");
    mkdirSync(below);
    writeFileSync(join(below, "cgroup.procs"), `${child}`);
    assert.equal(pids(container), all);
    const table = assert.succeeds(container.command("ps", container.id), "ps").stdout.split("\n");
    assert.match(table[0] ?? "", /^UID +PID +PPID/);
    assert.is(table.length, 4, table.join("\n"));
    const { stdout } = container.command("ps", container.id, "-A", "-o", "pid,comm");
    assert.match(stdout, /^ +PID COMMAND\n( *\d+ (sh|sleep)\n){2}$/);
    const refused = container.command("ps", container.id, "-o", "comm");
    assert.refuses(refused, /couldn't find PID field in ps output/);
    await container.remove();
  },
  { ...TERMS, differs: { crun: "has no options of ps(1)" } },
);

clause(
  "ps of a stopped container: null, and a table without lines",
  async (t) => {
    const container = await sleeper(t);
    container.kill("KILL");
    await container.waitFor("stopped");
    const json = container.command("ps", "--format=json", container.id);
    assert.equal([json.status, json.stdout], [0, "null\n"]);
    const table = container.command("ps", container.id);
    assert.is(table.status, 0);
    assert.match(table.stdout, /^UID .*\n$/);
    container.delete();
  },
  { ...TERMS, differs: { crun: "crashes" } },
);

clause(
  "a stopped container whose cgroup is another's now: neither kill --all nor delete touches the other",
  async (t) => {
    for (const shared of [false, true]) {
      const suffix = shared ? "-host" : "-own";
      const path = `/${t.tag}${suffix}`;
      const make = async (name: string) => {
        const container = t.container((c) => {
          c.process.args = ["sleep", "1000"];
          c.linux.cgroupsPath = path;
          if (shared) c.linux.namespaces = c.linux.namespaces.filter(({ type }) => type !== "pid");
        }, suffix + name);
        await container.runDetached();
        return container;
      };
      const first = await make("-1");
      first.kill("KILL");
      await first.waitFor("stopped");
      const second = await make("-2");
      const ps = first.command("ps", "--format=json", first.id);
      if (!shared) assert.is(ps.stdout, "null\n");
      assert.succeeds(first.command("kill", "--all", first.id, "KILL"), "kill");
      assert.is(second.state().status, "running");
      const deleted = assert.succeeds(first.command("delete", first.id), "delete");
      assert.match(
        deleted.stderr,
        `the cgroup of container \`${first.id}\` is left: other processes are in it`,
      );
      assert.is(second.state().status, "running");
      assert.is(cgroup.directory(second.pid(), "pids").endsWith(path), true);
      await second.remove();
    }
  },
  { ...TERMS, differs: { runc: "kills them", crun: "kills them" } },
);

conclude();
