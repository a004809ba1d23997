/** An ordinary user's containers: what the kernel lets such a user do, without anybody's help but newuidmap's. */
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  allow,
  assert,
  bind,
  type Case,
  type Config,
  cgroup,
  clause,
  conclude,
  mapUsers,
  runtimePath,
  wasmModule,
} from "./harness/index.ts";

/** Ids that nobody has. */
const USER = 54_242;
const SUBORDINATE = 3_000_000;

interface Terms {
  /** Whether /etc/subuid and /etc/subgid have a range for the user. */
  readonly ranges?: boolean;
  readonly env?: readonly string[];
  /** Shell commands before root's rights are given up. */
  readonly before?: string;
}

/**
 * An ordinary user of the case. The user, its subordinate ids and the runtime's place are there in a mount
 * namespace of the command only, so that nothing of the machine is changed.
 */
class Ordinary {
  readonly bundle: string;
  readonly runtimeDirectory: string;

  constructor(
    private readonly t: Case,
    edit: (config: Config) => void = () => {},
  ) {
    const { id, bundle } = t.container();
    this.id = id;
    this.bundle = bundle;
    this.runtimeDirectory = t.path("run");
    mkdirSync(this.runtimeDirectory, { mode: 0o700 });
    t.file("ocirt", "");
    t.file("passwd", `${readFileSync("/etc/passwd", "utf8")}ordinary:x:${USER}:${USER}::/:/bin/sh\n`);
    t.file("ranges", `ordinary:${SUBORDINATE}:65536\n`);
    t.file("none", "");
    for (const path of [bundle, this.runtimeDirectory, t.directory]) chownSync(path, USER, USER);
    assert.succeeds(t.execute(["chown", "-R", `${USER}:${USER}`, bundle]));
    this.#configure(edit);
  }

  readonly id: string;

  #configure(edit: (config: Config) => void): void {
    const path = join(this.bundle, "config.json");
    writeFileSync(path, "");
    assert.succeeds(this.t.execute(["rm", path]));
    assert.succeeds(this.runs(["spec", "--rootless", "--bundle", this.bundle]), "spec --rootless");
    const config = JSON.parse(readFileSync(path, "utf8")) as Config;
    config.process.terminal = false;
    config.root.readonly = false;
    edit(config);
    writeFileSync(path, JSON.stringify(config));
  }

  #argv(words: readonly string[], { ranges = false, env, before = "" }: Terms): string[] {
    const { t } = this;
    const file = t.path(ranges ? "ranges" : "none");
    const script = [
      `mount --bind ${t.path("passwd")} /etc/passwd`,
      `mount --bind ${file} /etc/subuid`,
      `mount --bind ${file} /etc/subgid`,
      `mount --bind ${runtimePath} ${t.path("ocirt")}`,
      before,
      'exec setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups "$@"',
    ];
    const variables = env ?? [`XDG_RUNTIME_DIR=${this.runtimeDirectory}`];
    const command = ["env", "-u", "XDG_RUNTIME_DIR", ...variables, t.path("ocirt"), ...words];
    const shell = script.filter((line) => line !== "").join(" && ");
    return ["env", `USER_ID=${USER}`, "unshare", "-m", "sh", "-c", shell, "sh", ...command];
  }

  /** Runs the runtime as the user. */
  runs(words: readonly string[], terms: Terms = {}) {
    return this.t.execute(this.#argv(words, terms));
  }

  run(terms: Terms = {}) {
    return this.runs(["run", "--bundle", this.bundle, this.id], terms);
  }

  async starts(words: readonly string[], terms: Terms = {}) {
    return this.t.start(this.#argv(words, terms)).ended;
  }
}

const shell = (script: string) => (c: Config) => {
  c.process.args = ["sh", "-c", script];
};

/** The user's own id and the subordinate ones. */
function mapRanges(c: Config): void {
  const mappings = [
    { containerID: 0, hostID: USER, size: 1 },
    { containerID: 1, hostID: SUBORDINATE, size: 65_536 },
  ];
  c.linux.uidMappings = mappings;
  c.linux.gidMappings = mappings;
}

clause(
  "spec --rootless, run: the user is root inside; a warning tells that there is no cgroup",
  (t) => {
    const user = new Ordinary(t, shell("id -u; id -g; cat /proc/self/uid_map; touch /made"));
    const result = assert.succeeds(user.run());
    assert.match(result.stdout, new RegExp(`^0\n0\n +0 +${USER} +1\n$`));
    assert.is(result.stderr.match(/warning: no cgroup is delegated to this user/g)?.length, 1);
    assert.is(statSync(join(user.bundle, "rootfs/made")).uid, USER);
  },
  { needs: ["ocirt", "userns"] },
);

clause(
  "subordinate ids: newuidmap and newgidmap map them, and a process may become each of them",
  (t) => {
    const user = new Ordinary(t, (c) => {
      shell("cat /proc/self/uid_map /proc/self/gid_map; touch /made; chown 1000:1001 /made")(c);
      allow(c, "CAP_CHOWN");
      mapRanges(c);
    });
    const result = assert.succeeds(user.run({ ranges: true }));
    const lines = `0 ${USER} 1\n1 ${SUBORDINATE} 65536\n`;
    assert.is(result.stdout.replace(/^ +/gm, "").replace(/ +/g, " "), lines + lines);
    const { uid, gid } = statSync(join(user.bundle, "rootfs/made"));
    assert.equal([uid, gid], [SUBORDINATE + 999, SUBORDINATE + 1000]);
  },
  { needs: ["ocirt", "userns"] },
);

clause(
  "subordinate ids: additional groups of the process are set",
  (t) => {
    const user = new Ordinary(t, (c) => {
      shell("id -G")(c);
      c.process.user = { uid: 5, gid: 6, additionalGids: [7, 8] };
      mapRanges(c);
    });
    assert.is(assert.succeeds(user.run({ ranges: true })).stdout, "6 7 8\n");
  },
  { needs: ["ocirt", "userns"] },
);

clause(
  "subordinate ids that are not the user's: an error that says who refuses and where they are given",
  (t) => {
    const user = new Ordinary(t, (c) => {
      shell("true")(c);
      mapRanges(c);
    });
    const result = user.run();
    assert.refuses(
      result,
      /map the ids with newuidmap \(config\.json \/linux\/uidMappings\): newuidmap: .*not allowed/s,
    );
    assert.match(result.stderr, new RegExp(`/etc/subuid must give the host ids to user ${USER}`));
    assert.not.ok(existsSync(join(user.runtimeDirectory, "ocirt", user.id)));
  },
  { needs: ["ocirt", "userns"] },
);

clause(
  "subordinate ids without newuidmap: an error that names its package",
  (t) => {
    const user = new Ordinary(t, (c) => {
      shell("true")(c);
      mapRanges(c);
    });
    const env = [`XDG_RUNTIME_DIR=${user.runtimeDirectory}`, "PATH=/nowhere"];
    assert.refuses(user.run({ ranges: true, env }), /an ordinary user needs newuidmap .*Debian: uidmap/);
  },
  { needs: ["ocirt", "userns"] },
);

clause(
  "exec in a Wasm container: by the engine's read-only executable, as the user may mount none",
  async (t) => {
    const user = new Ordinary(t, (c) => {
      c.process.args = ["/module.wasm", "sleep"];
      c.annotations = { "module.wasm.image/variant": "compat" };
    });
    copyFileSync(wasmModule(), join(user.bundle, "rootfs/module.wasm"));
    assert.succeeds(await user.starts(["run", "--detach", "--bundle", user.bundle, user.id]), "run");
    const words = ["exec", user.id, "/module.wasm", "cat", "/proc/self/uid_map"];
    assert.match(assert.succeeds(user.runs(words), "exec").stdout, new RegExp(`^ +0 +${USER} +1\n$`));
    // Another file is another runtime, whose engine may not go with the container's.
    const before = `cp ${runtimePath} ${t.path("other")} && mount --bind ${t.path("other")} ${t.path("ocirt")}`;
    const other = user.runs(words, { before });
    const text = `open the executable: \`${t.path("ocirt")}\` is another than the one that runs the container: stale file handle (ESTALE); create the container anew: only root may run its modules by another executable`;
    assert.equal([other.status, other.stderr], [255, `ocirt: ${text}\n`]);
    assert.succeeds(user.runs(["delete", "--force", user.id]), "delete");
  },
  { needs: ["ocirt", "userns", "wasm"] },
);

clause(
  "create, state, start, kill, delete: in XDG_RUNTIME_DIR, and nothing is left",
  async (t) => {
    const user = new Ordinary(t, (c) => (c.process.args = ["sleep", "1000"]));
    assert.succeeds(await user.starts(["create", "--bundle", user.bundle, user.id]), "create");
    const state = join(user.runtimeDirectory, "ocirt", user.id);
    assert.is(statSync(state).uid, USER);
    const status = () => JSON.parse(user.runs(["state", user.id]).stdout).status as string;
    assert.is(status(), "created");
    assert.succeeds(user.runs(["start", user.id]), "start");
    assert.is(status(), "running");
    assert.match(user.runs(["list"]).stdout, new RegExp(`${user.id} .* ${USER}\n`));
    assert.succeeds(user.runs(["kill", user.id, "KILL"]), "kill");
    assert.succeeds(user.runs(["delete", "--force", user.id]), "delete");
    assert.not.ok(existsSync(state));
  },
  { needs: ["ocirt", "userns"] },
);

clause(
  "without XDG_RUNTIME_DIR: an error that says what to set; spec needs no state directory",
  (t) => {
    const user = new Ordinary(t);
    assert.refuses(user.runs(["list"], { env: [] }), /XDG_RUNTIME_DIR is not set; set it, or .* --root/);
    mkdirSync(t.path("another"));
    chownSync(t.path("another"), USER, USER);
    assert.succeeds(user.runs(["spec", "--rootless", "--bundle", t.path("another")], { env: [] }));
    const env: string[] = [];
    const words = ["--root", t.path("run/elsewhere"), "run", "--bundle", user.bundle, user.id];
    assert.is(user.runs(words, { env }).status, 0);
  },
  { needs: ["ocirt", "userns"] },
);

clause(
  "a delegated cgroup: the container's is made in it, with its limits",
  (t) => {
    const own = cgroup.directory(process.pid, "pids");
    const delegated = `${own}/${t.tag}-delegated`;
    const user = new Ordinary(t, (c) => {
      shell("grep -E ':pids:|^0::' /proc/self/cgroup")(c);
      c.linux.resources = { pids: { limit: 17 } };
      c.hooks = {
        createRuntime: [
          {
            path: "/bin/sh",
            args: ["sh", "-c", `cat ${delegated}/${t.tag}/pids.max >${t.path("run/limit")}`],
          },
        ],
      };
    });
    const before = [
      `mkdir ${delegated}`,
      `chown -R ${USER}:${USER} ${delegated}`,
      `echo $$ >${delegated}/cgroup.procs`,
    ].join(" && ");
    const result = user.run({ before });
    assert.is(result.status, 0, result.stderr);
    assert.match(result.stdout, new RegExp(`/${t.tag}-delegated/${t.tag}\n`));
    assert.is(readFileSync(t.path("run/limit"), "utf8"), "17\n");
    assert.not.match(result.stderr, /no cgroup is delegated/);
    assert.not.ok(existsSync(`${delegated}/${t.tag}`));
    assert.succeeds(t.execute(["rmdir", delegated]));
  },
  { needs: ["ocirt", "userns", "cgroup-v1"] },
);

clause(
  "limits without a delegated cgroup: an error at the limit's place",
  (t) => {
    const user = new Ordinary(t, (c) => {
      shell("true")(c);
      c.linux.resources = { pids: { limit: 17 } };
    });
    assert.refuses(user.run(), /cgroup/);
  },
  { needs: ["ocirt", "userns", "cgroup-v1"] },
);

clause(
  "nested: root of a user namespace, which has no cgroups at all, runs a container of its own",
  (t) => {
    const inner = t.container((c) => {
      c.process.args = ["sh", "-c", "echo $$ inside; hostname"];
      c.process.rlimits = [];
      // A new sysfs would show more than the outer one, which is read-only.
      c.mounts = c.mounts.filter(({ type }) => type !== "sysfs");
      c.linux.namespaces.push({ type: "user" });
      c.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 100 }];
      c.linux.gidMappings = [{ containerID: 0, hostID: 0, size: 100 }];
    }, "-inner");
    assert.succeeds(t.execute(["chown", "-R", "100000:100000", inner.bundle]));
    const result = t.shellIn(
      "mkdir -p /run/state && ocirt --root /run/state run --bundle /inner nested; echo code $?",
      (c, own) => {
        mapUsers(c);
        c.linux.maskedPaths = [];
        c.linux.readonlyPaths = [];
        allow(
          c,
          "CAP_SYS_ADMIN",
          "CAP_SETUID",
          "CAP_SETGID",
          "CAP_SETPCAP",
          "CAP_SYS_CHROOT",
          "CAP_DAC_OVERRIDE",
        );
        allow(c, "CAP_FOWNER", "CAP_CHOWN", "CAP_NET_ADMIN", "CAP_MKNOD", "CAP_SYS_PTRACE", "CAP_SETFCAP");
        c.mounts.push(bind(runtimePath, "/bin/ocirt"), bind(inner.bundle, "/inner", "rbind"));
        writeFileSync(join(own.rootfs, "bin/ocirt"), "");
        mkdirSync(join(own.rootfs, "inner"));
        mkdirSync(join(own.rootfs, "run"), { recursive: true });
        assert.succeeds(t.execute(["chown", "-R", "100000:100000", own.rootfs]));
      },
    );
    assert.match(result.stdout, /^1 inside\nconformance\ncode 0\n$/, result.stderr);
  },
  { needs: ["ocirt", "userns"] },
);

conclude();
