/** Threaded cgroups (the kernel's cgroup-v2.rst, "Threads"): a container's among them, and what it can't have there. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Config, clause, conclude } from "../harness/index.ts";

const NEEDS = { needs: ["cgroup-v2", "ocirt"] } as const;
const TOP = "/sys/fs/cgroup";

/** A cgroup with a threaded one below it: what is made beside that is invalid. */
async function withThreads(t: Case, work: (name: string) => Promise<void>): Promise<void> {
  const name = `${t.tag}-threads`;
  mkdirSync(join(TOP, name, "threaded"), { recursive: true });
  writeFileSync(join(TOP, name, "threaded/cgroup.type"), "threaded");
  try {
    await work(name);
  } finally {
    rmdirSync(join(TOP, name, "threaded"));
    rmdirSync(join(TOP, name));
  }
}

const placed =
  (path: string, resources: Config["linux"]["resources"] = {}) =>
  (c: Config): void => {
    c.process.args = ["sleep", "1000"];
    c.linux.cgroupsPath = path;
    c.linux.resources = resources;
  };

for (const [where, below] of [
  ["beside a threaded cgroup", "new"],
  ["below one, with a cgroup between", "between/new"],
] as const) {
  clause(
    `a container ${where} is threaded itself: exec, pause, kill --all and delete reach it`,
    (t) =>
      withThreads(t, async (name) => {
        const container = t.container(placed(`/${name}/${below}`));
        await container.runDetached();
        const directory = join(TOP, name, below);
        assert.is(readFileSync(join(directory, "cgroup.type"), "utf8").trim(), "threaded");
        const place = readFileSync(`/proc/${container.pid()}/cgroup`, "utf8").trim();
        assert.is(place, `0::/${name}/${below}`);
        assert.succeeds(container.command("exec", container.id, "true"));
        assert.succeeds(container.command("pause", container.id));
        assert.is(container.state().status, "paused");
        assert.succeeds(container.command("resume", container.id));
        assert.succeeds(container.command("kill", "--all", container.id, "KILL"));
        await container.waitFor("stopped");
        container.delete();
        if (below.includes("/")) rmdirSync(join(TOP, name, "between"));
      }),
    NEEDS,
  );
}

clause(
  "a limit that threads can't have is refused by its field there",
  (t) =>
    withThreads(t, async (name) => {
      const container = t.container(placed(`/${name}/new`, { memory: { limit: 64 << 20 } }));
      const result = await container.tryCreate();
      assert.refuses(result, /\/linux\/resources\/memory\/limit\): controller `memory` is not available/);
    }),
  NEEDS,
);

conclude();
