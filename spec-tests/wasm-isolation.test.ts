/** Wasm modules as containers: nothing of the host is in reach, and all that confines a process is in force. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Container,
  conclude,
  type Edit,
  MAPPED,
  mapUsers,
  runtimePath,
} from "./harness/index.ts";
import { moduleContainer, runModule, wasmClause } from "./harness/wasm.ts";

wasmClause("files: the root is the container's, and nothing of the host is in sight", (t) => {
  const names = assert
    .succeeds(runModule(t, ["list", "/"]))
    .stdout.trim()
    .split("\n")
    .sort();
  assert.equal(names, ["dev", "module.wasm", "proc", "sys"]);
});

wasmClause("files: no path leads out of the root", (t) => {
  const secret = t.file("secret", "of the host\n");
  const ways = [
    secret,
    `../../../../../../../../../..${secret}`,
    `/proc/1/root${secret}`,
    "/link",
    "/up",
    `/proc/self/cwd${secret}`,
  ];
  for (const way of ways) {
    const result = runModule(t, ["cat", way], (_c, { rootfs }) => {
      symlinkSync(secret, join(rootfs, "link"));
      symlinkSync(`../../../../../../../..${secret}`, join(rootfs, "up"));
    });
    assert.is(result.status, 1, way);
    assert.not.match(result.stdout, /of the host/);
  }
});

wasmClause("files: an absolute symlink is resolved in the root", (t) => {
  const result = runModule(t, ["cat", "/link"], (_c, { rootfs }) => {
    writeFileSync(join(rootfs, "target"), "inside\n");
    symlinkSync("/target", join(rootfs, "link"));
  });
  assert.is(assert.succeeds(result).stdout, "inside\n");
});

wasmClause("files: what the module writes is in the rootfs; with root.readonly it can't", (t) => {
  const container = moduleContainer(t, ["write", "/new", "content"]);
  assert.is(assert.succeeds(container.run()).stdout, "written\n");
  assert.is(readFileSync(join(container.rootfs, "new"), "utf8"), "content");
  const readonly = runModule(t, ["write", "/new", "content"], (c) => (c.root.readonly = true));
  assert.is(readonly.status, 1);
  assert.match(readonly.stdout, /read-only file system/i);
});

wasmClause("mounts: a bind mount is there, with its options", (t) => {
  const source = t.path("source");
  mkdirSync(source);
  writeFileSync(join(source, "file"), "bound\n");
  const edit: Edit = (c) =>
    c.mounts.push({ destination: "/srv", type: "bind", source, options: ["bind", "ro"] });
  assert.is(assert.succeeds(runModule(t, ["cat", "/srv/file"], edit)).stdout, "bound\n");
  assert.is(runModule(t, ["write", "/srv/new", "x"], edit).status, 1);
});

wasmClause("cwd: a module's path is relative to it; WASI itself knows no working directory", (t) => {
  const result = runModule(t, [], (c, { rootfs }) => {
    mkdirSync(join(rootfs, "work"));
    t.execute(["mv", join(rootfs, "module.wasm"), join(rootfs, "work/moved.wasm")]);
    c.process.cwd = "/work";
    c.process.args = ["./moved.wasm", "args"];
  });
  assert.is(assert.succeeds(result).stdout, "[./moved.wasm]\n[args]\n");
});

wasmClause("user: a module of uid 1000 can't read root's files of mode 0600", (t) => {
  const edit: Edit = (c, { rootfs }) => {
    c.process.user = { uid: 1000, gid: 1000 };
    writeFileSync(join(rootfs, "secret"), "secret\n", { mode: 0o600 });
    writeFileSync(join(rootfs, "public"), "public\n", { mode: 0o644 });
  };
  const secret = runModule(t, ["cat", "/secret"], edit);
  assert.is(secret.status, 1);
  assert.match(secret.stdout, /permission denied/i);
  assert.is(assert.succeeds(runModule(t, ["cat", "/public"], edit)).stdout, "public\n");
});

wasmClause("capabilities: a module of root has no more than configured", (t) => {
  const result = runModule(t, ["cat", "/of-another"], (_c, { rootfs }) => {
    const file = join(rootfs, "of-another");
    writeFileSync(file, "secret\n", { mode: 0o600 });
    t.execute(["chown", "1000:1000", file]);
  });
  assert.is(result.status, 1);
  assert.match(result.stdout, /permission denied/i);
});

/** A created and started module that waits; it is gone afterwards. */
async function whileRunning(
  t: Case,
  edit: Edit,
  look: (pid: number, container: Container) => void,
): Promise<void> {
  const container = moduleContainer(t, ["sleep"], edit);
  await container.runDetached();
  await container.says(/sleeping/);
  look(container.pid(), container);
  await container.remove();
}

wasmClause(
  "process: ids, capabilities, noNewPrivileges, seccomp and limits are in force for every thread",
  async (t) => {
    const edit: Edit = (c) => {
      c.process.user = { uid: 1000, gid: 2000, additionalGids: [3000] };
      c.process.oomScoreAdj = 123;
      c.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 200, hard: 300 }];
      c.linux.seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{ names: ["kexec_load"], action: "SCMP_ACT_ERRNO" }],
      };
    };
    await whileRunning(t, edit, (pid) => {
      const tasks = readdirSync(`/proc/${pid}/task`);
      assert.ok(tasks.length > 0);
      for (const task of tasks) {
        const status = readFileSync(`/proc/${pid}/task/${task}/status`, "utf8");
        assert.match(status, /^Uid:(\t1000){4}$/m);
        assert.match(status, /^Gid:(\t2000){4}$/m);
        assert.match(status, /^Groups:\t3000 $/m);
        assert.match(status, /^CapEff:\t0{16}$/m);
        assert.match(status, /^CapPrm:\t0{16}$/m);
        assert.match(status, /^CapBnd:\t0000000020000420$/m);
        assert.match(status, /^NoNewPrivs:\t1$/m);
        assert.match(status, /^Seccomp:\t2$/m);
      }
      assert.is(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8"), "123\n");
      assert.match(readFileSync(`/proc/${pid}/limits`, "utf8"), /^Max open files +200 +300 /m);
    });
  },
);

wasmClause(
  "namespaces: the module's process is in the container's, with the container's root and no other mounts",
  async (t) => {
    await whileRunning(
      t,
      () => {},
      (pid, { rootfs }) => {
        for (const kind of ["pid", "net", "ipc", "uts", "mnt"]) {
          assert.is.not(readlinkSync(`/proc/${pid}/ns/${kind}`), readlinkSync(`/proc/self/ns/${kind}`), kind);
        }
        const inode = statSync(rootfs).ino;
        for (const task of readdirSync(`/proc/${pid}/task`)) {
          assert.is(statSync(`/proc/${pid}/task/${task}/root/`).ino, inode);
          assert.is(statSync(`/proc/${pid}/task/${task}/cwd/`).ino, inode);
        }
        const points = readFileSync(`/proc/${pid}/mountinfo`, "utf8")
          .trim()
          .split("\n")
          .map((line) => line.split(" ")[4] ?? "");
        assert.equal(
          points.filter((point) => !/^\/($|proc|sys|dev)/.test(point)),
          [],
        );
      },
    );
  },
);

wasmClause("descriptors: the module's process holds none of a directory or file of the host", async (t) => {
  await whileRunning(
    t,
    () => {},
    (pid) => {
      const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => {
        const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
        return Number(fd) <= 2 ? "stdio" : target;
      });
      const harmless =
        /^(stdio|pipe:|socket:|anon_inode:|\/memfd:|\/(module\.wasm)?$|\/dev\/(null|u?random)$)/;
      assert.equal(
        targets.filter((target) => !harmless.test(target)),
        [],
      );
      // "/" is the container's root.
      const root = statSync(`/proc/${pid}/root/`).ino;
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) === "/")
          assert.is(statSync(`/proc/${pid}/fd/${fd}`).ino, root);
      }
    },
  );
});

wasmClause("cgroup: all threads are in the container's, with its limits", async (t) => {
  const edit: Edit = (c) =>
    (c.linux.resources = { pids: { limit: 50 }, memory: { limit: 512 * 1024 * 1024 } });
  await whileRunning(t, edit, (pid, { id }) => {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      assert.match(readFileSync(`/proc/${pid}/task/${task}/cgroup`, "utf8"), new RegExp(`(pids|0::).*${id}`));
    }
  });
});

wasmClause("user namespace: a module in one, as root there", (t) => {
  const result = runModule(t, ["cat", "/proc/self/uid_map"], (c, { rootfs }) => {
    t.execute(["chown", "-R", `${MAPPED}:${MAPPED}`, rootfs]);
    mapUsers(c);
  });
  assert.match(assert.succeeds(result).stdout, /^ +0 +100000 +65536\n$/);
});

wasmClause("user namespace: the runtime may be where the container's root may not go", (t) => {
  t.execute(["install", "-d", "-m", "700", t.path("private")]);
  assert.succeeds(t.execute(["cp", runtimePath, t.path("private/runtime")]));
  const container = moduleContainer(t, ["args"], (c, { rootfs }) => {
    t.execute(["chown", "-R", `${MAPPED}:${MAPPED}`, rootfs]);
    mapUsers(c);
  });
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  argv[0] = t.path("private/runtime");
  assert.is(assert.succeeds(t.execute(argv)).stdout, "[/module.wasm]\n[args]\n");
});

conclude();
