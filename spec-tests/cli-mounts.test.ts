/** `mounts`: no part of the specification; as crun has it. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Container,
  clause,
  conclude,
  type Edit,
  type Mount,
  mapUsers,
} from "./harness/index.ts";
import { owned } from "./harness/userns.ts";

const OWN = { needs: ["ocirt"] } as const;

async function running(t: Case, edit: Edit = () => {}): Promise<Container> {
  const container = t.container((c, own) => {
    c.process.args = ["sleep", "1000"];
    c.root.readonly = false;
    edit(c, own);
  });
  await container.runDetached();
  return container;
}

const change = (t: Case, action: string, container: Container, mounts: unknown) =>
  t.runtime(["mounts", action, container.id, t.file("mounts.json", JSON.stringify(mounts))]);

const inside = (container: Container, script: string) =>
  assert.succeeds(container.command("exec", container.id, "sh", "-c", script), script).stdout;

function source(t: Case, name = "source"): string {
  const path = t.path(name);
  mkdirSync(path);
  writeFileSync(join(path, "file"), "the host's\n");
  return path;
}

const bound = (path: string, destination: string, ...options: string[]): Mount => ({
  destination,
  type: "bind",
  source: path,
  options: ["bind", ...options],
});

clause(
  "add and remove: a directory, a file and a file system, with their options",
  async (t) => {
    const path = source(t);
    const container = await running(t);
    const mounts = [
      bound(path, "/data/deep", "ro"),
      bound(join(path, "file"), "/data/one"),
      { destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["size=64k", "noexec"] },
    ];
    assert.succeeds(change(t, "add", container, mounts));
    assert.is(inside(container, "cat /data/deep/file /data/one"), "the host's\nthe host's\n");
    assert.match(inside(container, "touch /data/deep/x 2>&1; true"), /Read-only file system/);
    assert.match(
      inside(container, "grep ' /scratch ' /proc/mounts"),
      /^\S+ \/scratch tmpfs rw,noexec,\S*size=64k/,
    );
    assert.succeeds(change(t, "remove", container, mounts));
    assert.is(
      inside(container, "grep -c -e /data -e /scratch /proc/mounts; ls -A /data/deep /scratch").slice(0, 2),
      "0\n",
    );
    assert.refuses(
      change(t, "remove", container, mounts),
      /unmount `\/scratch`.*\/2\)?.*nothing is mounted there/,
    );
    await container.remove();
  },
  OWN,
);

clause(
  "add: all or none; what is wrong is named by its place in the file",
  async (t) => {
    const path = source(t);
    const container = await running(t);
    const mounts = [bound(path, "/one"), bound(t.path("no-such-source"), "/two")];
    assert.refuses(
      change(t, "add", container, mounts),
      /bind mount `\/two` \(mounts \/1\).*no such file or directory/i,
    );
    assert.is(inside(container, "grep -c -e ' /one ' -e ' /two ' /proc/mounts || true"), "0\n");
    assert.refuses(change(t, "add", container, [{ source: "x" }]), /destination/);
    assert.refuses(change(t, "add", container, { mounts }), /no JSON array/);
    for (const action of ["add", "remove"]) {
      assert.refuses(
        change(t, action, container, [bound(path, "/.")]),
        /the destination `\/` is not supported/,
      );
    }
    assert.refuses(
      change(t, "add", container, [{ destination: "/c", type: "cgroup" }]),
      /type `cgroup` is not supported/,
    );
    await container.remove();
  },
  OWN,
);

clause(
  "add: links of the container lead nowhere but within it",
  async (t) => {
    const path = source(t);
    const host = t.path("host");
    mkdirSync(host);
    const container = await running(t, (_c, { rootfs }) => {
      symlinkSync(host, join(rootfs, "out"));
      symlinkSync("../../../../../../../../../tmp", join(rootfs, "up"));
    });
    assert.succeeds(change(t, "add", container, [bound(path, "/up/there"), bound(path, "/out/there")]));
    assert.is(inside(container, `cat /tmp/there/file ${host}/there/file`), "the host's\nthe host's\n");
    assert.is(t.execute(["ls", "-A", host]).stdout, "");
    assert.not.match(t.execute(["cat", "/proc/self/mounts"]).stdout, /there/);
    await container.remove();
  },
  OWN,
);

clause(
  "add: into a user namespace, from a source that its root can't reach",
  async (t) => {
    const path = source(t);
    t.execute(["chmod", "755", path]);
    const container = await running(t, (c, own) => {
      owned(t, own);
      mapUsers(c);
    });
    t.execute(["chmod", "700", t.directory]);
    assert.succeeds(
      change(t, "add", container, [bound(path, "/data"), { destination: "/s", type: "tmpfs", source: "s" }]),
    );
    t.execute(["chmod", "755", t.directory]);
    assert.is(inside(container, "cat /data/file"), "the host's\n");
    await container.remove();
  },
  { needs: ["ocirt", "userns"] },
);

clause(
  "a container that has stopped, and one that is not there, are errors",
  async (t) => {
    const container = await running(t);
    container.kill("KILL");
    await container.waitFor("stopped");
    assert.refuses(change(t, "add", container, []), /the container is stopped/);
    container.delete();
    assert.refuses(change(t, "add", container, []), /does not exist/);
    assert.refuses(t.runtime(["mounts", "list", "x", "y"]), /unknown action `list`/);
  },
  OWN,
);

conclude();
