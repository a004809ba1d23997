/** Annotations of crun that change what the runtime does (docs/annotations.md). */
import { readFileSync } from "node:fs";
import { shell } from "./harness/hooks.ts";
import {
  agent,
  assert,
  type Config,
  clause,
  conclude,
  put,
  runtimeName,
  type Terms,
  until,
} from "./harness/index.ts";

/** They are crun's. */
const TERMS: Terms = { differs: { runc: "annotations of crun" } };

/** struct sock_filter[]: getppid fails with errno 77, everything else is allowed. */
function filter(): string {
  const nr = process.arch === "x64" ? 110 : 173;
  const words: [code: number, jt: number, jf: number, k: number][] = [
    [0x20, 0, 0, 0],
    [0x15, 0, 1, nr],
    [0x06, 0, 0, 0x5_0000 + 77],
    [0x06, 0, 0, 0x7fff_0000],
  ];
  const bytes = Buffer.alloc(8 * words.length);
  words.forEach(([code, jt, jf, k], at) => {
    bytes.writeUInt16LE(code, 8 * at);
    bytes.writeUInt8(jt, 8 * at + 2);
    bytes.writeUInt8(jf, 8 * at + 3);
    bytes.writeUInt32LE(k, 8 * at + 4);
  });
  return bytes.toString("base64");
}

const asksForParent = (c: Config): void => {
  c.process.args = ["/bin/probe", "call", "getppid"];
};

clause(
  "run.oci.hooks.stdout, run.oci.hooks.stderr: the output of all hooks is appended to the files",
  async (t) => {
    const kinds = [
      "prestart",
      "createRuntime",
      "createContainer",
      "startContainer",
      "poststart",
      "poststop",
    ] as const;
    const out = t.file("out", "before\n");
    const container = t.container((c) => {
      c.process.args = ["true"];
      c.annotations = { "run.oci.hooks.stdout": out, "run.oci.hooks.stderr": t.path("err") };
      c.hooks = Object.fromEntries(kinds.map((kind) => [kind, [shell(`echo ${kind}; echo of ${kind} >&2`)]]));
    });
    await container.whole();
    assert.is(readFileSync(out, "utf8"), `before\n${kinds.join("\n")}\n`);
    assert.is(readFileSync(t.path("err"), "utf8"), kinds.map((kind) => `of ${kind}\n`).join(""));
  },
  { differs: { ...TERMS.differs, crun: "the start of 1.8.1 fails with all six kinds at once" } },
);

clause(
  "run.oci.hooks.stdout: a file that can't be opened is an error that names the annotation",
  (t) => {
    for (const kind of ["createRuntime", "createContainer"]) {
      const container = t.container((c) => {
        c.annotations = { "run.oci.hooks.stdout": "no/such/directory/out" };
        c.hooks = { [kind]: [shell("true")] };
      }, `-${kind}`);
      assert.refuses(container.run(), /run\.oci\.hooks\.stdout/, /ENOENT/);
    }
  },
  { needs: ["ocirt"] },
);

clause(
  "run.oci.keep_original_groups: the additional groups are the caller's",
  (t) => {
    const container = t.container((c) => {
      c.process.args = ["sh", "-c", "grep ^Groups: /proc/self/status"];
      c.process.user = { uid: 1000, gid: 1000, additionalGids: [7] };
      c.annotations = { "run.oci.keep_original_groups": "1" };
    });
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    const result = t.execute(["setpriv", "--groups=1234,5678", ...argv]);
    assert.is(assert.succeeds(result).stdout, "Groups:\t1234 5678 \n");
  },
  TERMS,
);

clause(
  "run.oci.seccomp_fail_unknown_syscall: a name that nobody knows is an error, else it is skipped",
  (t) => {
    for (const value of ["1", "0", undefined]) {
      const container = t.container((c) => {
        c.process.args = ["echo", "runs"];
        if (value !== undefined) c.annotations = { "run.oci.seccomp_fail_unknown_syscall": value };
        c.linux.seccomp = {
          defaultAction: "SCMP_ACT_ALLOW",
          syscalls: [{ names: ["getppid", "no_such_call"], action: "SCMP_ACT_ERRNO" }],
        };
      }, `-${value}`);
      const result = container.run();
      if (value === "1") assert.refuses(result, /invalid seccomp syscall `no_such_call`/);
      else assert.is(assert.succeeds(result).stdout, "runs\n");
    }
  },
  TERMS,
);

clause(
  "run.oci.seccomp_bpf_data: the filter that is installed",
  (t) => {
    const container = t.container((c) => {
      asksForParent(c);
      c.annotations = { "run.oci.seccomp_bpf_data": filter() };
      c.linux.seccomp = { defaultAction: "SCMP_ACT_KILL" };
    });
    assert.is(container.run().stdout, "errno 77\n");
  },
  TERMS,
);

clause(
  "run.oci.seccomp_bpf_data: what is no filter is an error that names the annotation",
  (t) => {
    const container = t.container((c) => {
      c.annotations = { "run.oci.seccomp_bpf_data": "AAAA" };
      c.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW" };
    });
    assert.refuses(container.run(), /run\.oci\.seccomp_bpf_data/, /3 bytes/);
  },
  { needs: ["ocirt"] },
);

clause(
  "run.oci.pidfd_receiver: gets a pidfd of the container's process",
  async (t) => {
    const running = t.start([agent(), t.path("socket"), "pidfd"]);
    await until("the receiver listens", () => running.stdout().startsWith("ready"));
    const container = t.container((c) => {
      c.process.args = ["sleep", "1000"];
      c.annotations = { "run.oci.pidfd_receiver": t.path("socket") };
    });
    await container.create();
    const said = `Pid:\t${container.pid()}\n`;
    await until("the descriptor", () => running.stdout().endsWith(said), 3000);
    if (runtimeName === "ocirt") assert.is(running.stdout(), `ready\n${container.id}\n${said}`);
    container.delete("--force");
  },
  TERMS,
);

clause(
  "run.oci.pidfd_receiver: nobody listens: an error that names the annotation, and nothing is left",
  (t) => {
    const container = t.container((c) => {
      c.annotations = { "run.oci.pidfd_receiver": t.path("socket") };
    });
    assert.refuses(container.run(), /run\.oci\.pidfd_receiver/, /ENOENT/);
  },
  { needs: ["ocirt"] },
);

clause(
  "run.oci.timens_offset: offsets of a new time namespace",
  (t) => {
    const output = t.shell("cat /proc/self/timens_offsets", (c) => {
      c.linux.namespaces.push({ type: "time" });
      c.annotations = { "run.oci.timens_offset": "boottime 1000 5" };
    });
    assert.match(output, /^boottime +1000 +5$/m);
  },
  { needs: ["timens"], differs: { ...TERMS.differs, crun: "1.8.1 gives up" } },
);

clause(
  "run.oci.systemd.force_cgroup_v1: the mount is systemd's hierarchy of cgroup v1, and nothing else",
  (t) => {
    const output = t.shell("grep ' /sys/fs/cgroup' /proc/self/mountinfo; ls /sys/fs/cgroup", (c) => {
      c.linux.namespaces.push({ type: "cgroup" });
      c.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid"] });
      c.annotations = { "run.oci.systemd.force_cgroup_v1": "/sys/fs/cgroup" };
    });
    const [directory = "", hierarchy = "", ...names] = output.trim().split("\n");
    assert.match(directory, / - tmpfs /);
    assert.match(hierarchy, / \/sys\/fs\/cgroup\/systemd .* - cgroup .*name=systemd/);
    assert.equal(names, ["systemd"]);
  },
  { ...TERMS, needs: ["cgroup-v1"] },
);

clause(
  "annotations that ocirt does not act on are refused by name",
  (t) => {
    for (const name of ["run.oci.delegate-cgroup", "run.oci.seccomp.plugins"]) {
      const container = t.container((c) => put(c, "/annotations", { [name]: "x" }), `-${name.slice(-4)}`);
      assert.refuses(container.run(), new RegExp(name.replaceAll(".", "\\.")));
    }
  },
  { needs: ["ocirt"] },
);

conclude();
