/** runtime-spec config.md, "Mounts": uidMappings, gidMappings, and the options idmap and ridmap. */
import { chownSync, mkdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  assert,
  bind,
  type Case,
  type Config,
  clause,
  conclude,
  MAPPED,
  mapUsers,
  until,
} from "./harness/index.ts";
import { mapped, owned } from "./harness/userns.ts";

/** The pid of a process with a mapped user namespace and others that belong to it, as a pod's. */
async function pod(t: Case): Promise<number> {
  const { pid } = t.start(["unshare", "--user", "--net", "--ipc", "--uts", "sleep", "1000"]);
  const own = readlinkSync("/proc/self/ns/user");
  await until("the user namespace", () => {
    const name = t.execute(["readlink", `/proc/${pid}/ns/user`]).stdout.trim();
    return name !== "" && name !== own;
  });
  for (const kind of ["uid", "gid"]) writeFileSync(`/proc/${pid}/${kind}_map`, `0 ${MAPPED} 65536\n`);
  return pid;
}

/** A container of the pod: it joins its namespaces by path. */
function joinPod(c: Config, pid: number): void {
  const names = { user: "user", network: "net", ipc: "ipc", uts: "uts" } as const;
  c.linux.namespaces = c.linux.namespaces.filter(({ type }) => !(type in names));
  for (const [type, file] of Object.entries(names)) {
    c.linux.namespaces.push({ type: type as keyof typeof names, path: `/proc/${pid}/ns/${file}` });
  }
  delete c.hostname;
}

/** A directory of the host with a file of root's and one of user 5. */
function ofTheHost(t: Case): string {
  const directory = t.path("host");
  mkdirSync(directory, { mode: 0o755 });
  for (const [name, id] of [
    ["root", 0],
    ["five", 5],
  ] as const) {
    writeFileSync(join(directory, name), name);
    chownSync(join(directory, name), id, id);
  }
  return directory;
}

const MAPPING = [{ containerID: 0, hostID: MAPPED, size: 65_536 }];

/** The owners of both files in an id-mapped mount are those of the host, as numbers. */
const OWNERS = "cd /srv && stat -c '%u %g' root five && touch new && stat -c '%u %g' new";

/** In the container all is as on the host, and so is what it makes there. */
function assertMapped(t: Case, output: string): void {
  assert.is(output, "0 0\n5 5\n0 0\n");
  const { uid, gid } = statSync(join(t.path("host"), "new"));
  assert.equal([uid, gid], [0, 0]);
}

const NO_IDMAP = { needs: ["userns"], differs: { runc: "1.1.5 has no id-mapped mounts" } } as const;

clause(
  "mounts: uidMappings and gidMappings with a new user namespace",
  (t) => {
    const source = ofTheHost(t);
    const output = mapped(t, OWNERS, (c) => {
      c.mounts.push({ ...bind(source, "/srv", "rw"), uidMappings: MAPPING, gidMappings: MAPPING });
    });
    assertMapped(t, output);
  },
  NO_IDMAP,
);

clause(
  "mounts: idmap with a new user namespace: the mapping is the container's",
  (t) => {
    const source = ofTheHost(t);
    assertMapped(
      t,
      mapped(t, OWNERS, (c) => c.mounts.push(bind(source, "/srv", "idmap"))),
    );
  },
  NO_IDMAP,
);

clause(
  "mounts: uidMappings and gidMappings with a user namespace that is joined, as containers of a pod",
  async (t) => {
    const source = ofTheHost(t);
    const pid = await pod(t);
    const output = t.shell(OWNERS, (c, container) => {
      owned(t, container);
      joinPod(c, pid);
      c.linux.uidMappings = MAPPING;
      c.linux.gidMappings = MAPPING;
      c.mounts.push({
        ...bind(source, "/srv", "rprivate", "rw"),
        uidMappings: MAPPING,
        gidMappings: MAPPING,
      });
    });
    assertMapped(t, output);
  },
  NO_IDMAP,
);

clause(
  "mounts: idmap with a user namespace that is joined: the mapping is the namespace's own",
  async (t) => {
    const source = ofTheHost(t);
    const pid = await pod(t);
    const output = t.shell(OWNERS, (c, container) => {
      owned(t, container);
      joinPod(c, pid);
      c.mounts.push(bind(source, "/srv", "idmap"));
    });
    assertMapped(t, output);
  },
  NO_IDMAP,
);

clause(
  "mounts: ridmap maps the mounts below, idmap the top one alone",
  (t) => {
    const source = ofTheHost(t);
    mkdirSync(join(source, "below"));
    t.mount("host/below", "-t", "tmpfs", "-o", "mode=755", "tmpfs");
    for (const [option, below] of [
      ["ridmap", "0 0\n"],
      ["idmap", "65534 65534\n"],
    ] as const) {
      const output = mapped(t, "stat -c '%u %g' /srv/below", (c) => {
        c.mounts.push({ ...bind(source, "/srv"), options: ["rbind", option] });
      });
      assert.is(output, below, option);
    }
  },
  { ...NO_IDMAP, differs: { ...NO_IDMAP.differs, crun: "1.8.1 maps the top one alone" } },
);

clause(
  "mounts: idmap=@: ids of the container's user namespace",
  (t) => {
    const source = ofTheHost(t);
    const output = mapped(t, "stat -c '%u %g' /srv/root /srv/five", (c) => {
      c.mounts.push(bind(source, "/srv", "idmap=uids=@0-7-6;gids=@0-8-6"));
    });
    assert.is(output, "7 8\n12 13\n");
  },
  NO_IDMAP,
);

clause(
  "mounts: a mount on / is the container's root: its rootfs may be id-mapped and stay the host's",
  (t) => {
    const script = "stat -c '%u %g' /bin /home/user; touch /made; stat -c %u /made";
    const container = t.container((c, { rootfs }) => {
      c.process.args = ["sh", "-c", script];
      mapUsers(c);
      c.mounts.unshift(bind(rootfs, "/", "idmap"));
      chownSync(join(rootfs, "home/user"), 1000, 1000);
    });
    const { stdout } = assert.succeeds(container.run());
    assert.match(stdout, /^0 0\n1000 1000\n0\n/);
    assert.is(statSync(join(container.rootfs, "made")).uid, 0);
  },
  { needs: ["userns", "ocirt"] },
);

clause(
  "mounts: a tmpfs on / is the container's root, and root.readonly is for it",
  (t) => {
    const output = t.shell("ls /; touch /file || touch /srv/file && echo done", (c, { rootfs }) => {
      c.mounts.unshift({ destination: "/", type: "tmpfs", source: "tmpfs", options: ["mode=755"] });
      assert.succeeds(t.execute(["cp", "-a", join(rootfs, "bin"), t.path("bin")]));
      c.mounts.push(bind(t.path("bin"), "/bin"), {
        destination: "/srv",
        type: "tmpfs",
        source: "tmpfs",
      });
      c.root.readonly = true;
    });
    assert.match(output, /^bin\ndev\nproc\nsrv\nsys\ndone\n$/);
  },
  { needs: ["ocirt"] },
);

conclude();
