/** runtime-spec config-linux.md, "Masked Paths", "Readonly Paths", "Rootfs Mount Propagation", "Sysctl". */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allow, assert, type Case, type Config, clause, conclude, put, share } from "./harness/index.ts";

/** A script in a rootfs with a secret file and a directory with a secret. */
function withSecrets(t: Case, script: string, edit: (c: Config) => void) {
  return t.shellIn(script, edit, ({ rootfs }) => {
    writeFileSync(join(rootfs, "srv/secret"), "secret\n");
    mkdirSync(join(rootfs, "srv/private"));
    writeFileSync(join(rootfs, "srv/private/secret"), "secret\n");
  });
}

clause("maskedPaths: a file is empty, a directory is empty and read-only", (t) => {
  const script = "cat /srv/secret; ls -A /srv/private; touch /srv/private/new; echo ran";
  const result = withSecrets(t, script, (c) => c.linux.maskedPaths.push("/srv/secret", "/srv/private"));
  assert.is(result.stdout, "ran\n");
  assert.match(result.stderr, /Read-only file system/);
});

clause(
  "maskedPaths: the same path twice, and one below another",
  (t) => {
    const script = "cat /srv/secret; ls -A /srv/private; grep -c ' /srv/private ' /proc/self/mountinfo";
    const result = withSecrets(t, script, (c) => {
      c.linux.maskedPaths.push(
        "/srv/secret",
        "/srv/secret",
        "/srv/private",
        "/srv/private",
        "/srv/private/secret",
      );
    });
    assert.is(result.stdout, "1\n");
  },
  { differs: { runc: "mounts it twice", crun: "mounts it twice" } },
);

clause(
  "maskedPaths: the mask of a file is read-only: its mode and owner, the host's maybe, can't be changed",
  (t) => {
    // To what they are already: nothing is changed where the test fails.
    const script =
      "chmod 666 /srv/secret || chown 0:0 /srv/secret || echo refused; echo x >/srv/secret && echo written";
    const result = withSecrets(t, script, (c) => {
      c.linux.maskedPaths.push("/srv/secret");
      allow(c, "CAP_CHOWN", "CAP_FOWNER");
    });
    assert.is(result.stdout, "refused\nwritten\n");
    assert.match(result.stderr, /Read-only file system/);
  },
  { differs: { runc: "it is the container's own /dev/null" } },
);

clause("maskedPaths: one that does not exist is passed over", (t) => {
  assert.is(
    t.shell("ls -A /nowhere 2>/dev/null; echo ran", (c) => c.linux.maskedPaths.push("/nowhere/at/all")),
    "ran\n",
  );
});

clause("maskedPaths: of /proc and /sys", (t) => {
  const output = t.shell("cat /proc/keys /proc/timer_list; ls -A /sys/firmware; echo ran");
  assert.is(output, "ran\n");
});

clause("maskedPaths: the mask can't be taken away in the container", (t) => {
  const script = "umount /srv/secret 2>/dev/null; cat /srv/secret; echo ran";
  const result = withSecrets(t, script, (c) => c.linux.maskedPaths.push("/srv/secret"));
  assert.is(result.stdout, "ran\n");
});

clause("readonlyPaths: can be read, not written, by root neither", (t) => {
  const script = "cat /srv/secret /srv/private/secret; echo x >/srv/secret; touch /srv/private/new; true";
  const result = withSecrets(t, script, (c) => c.linux.readonlyPaths.push("/srv/secret", "/srv/private"));
  assert.is(result.stdout, "secret\nsecret\n");
  assert.is(result.stderr.match(/Read-only file system/g)?.length, 2);
});

clause("readonlyPaths: of /proc; what is not listed can be written", (t) => {
  const script =
    "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 7 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj";
  const result = t.shellIn(script, () => {});
  assert.is(result.stdout, "7\n");
  assert.match(result.stderr, /Read-only file system/);
});

clause("readonlyPaths: one that does not exist is passed over", (t) => {
  assert.is(
    t.shell("echo ran", (c) => c.linux.readonlyPaths.push("/nowhere/at/all")),
    "ran\n",
  );
});

clause(
  "readonlyPaths: flags of the mount below stay",
  (t) => {
    const output = t.shell("grep ' /dev/shm/made ' /proc/self/mountinfo | cut -d' ' -f6", (c) => {
      c.mounts.push({
        destination: "/dev/shm/made",
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "nodev", "noexec"],
      });
      c.linux.readonlyPaths.push("/dev/shm/made");
    });
    const last = output.trim().split("\n").pop() ?? "";
    for (const flag of ["ro", "nosuid", "nodev", "noexec"])
      assert.ok(last.split(",").includes(flag), `${flag}: ${last}`);
  },
  { differs: { crun: "clears them" } },
);

clause(
  "maskedPaths, readonlyPaths: a path that is not absolute is an error that names its place",
  (t) => {
    for (const name of ["maskedPaths", "readonlyPaths"]) {
      const container = t.container(
        (c) => put(c, `/linux/${name}`, ["/proc/keys", "not/absolute"]),
        `-${name}`,
      );
      assert.refuses(container.run(), new RegExp(`/linux/${name}/1`), /not\/absolute/);
    }
  },
  { differs: { runc: "names no place", crun: "accepts it" } },
);

/** The optional fields of the root mount: its propagation. */
const ROOT = "sed -nE 's/^([^ ]+ ){4}\\/ [^ ]+ (.*)- .*/[\\2]/p' /proc/self/mountinfo";

clause(
  "rootfsPropagation: private, shared, unbindable",
  (t) => {
    const expected: Record<string, RegExp> = {
      private: /^\[\]\n$/,
      shared: /^\[shared:\d+ (master:\d+ )?\]\n$/,
      unbindable: /^\[unbindable \]\n$/,
    };
    for (const [name, pattern] of Object.entries(expected)) {
      assert.match(
        t.shell(ROOT, (c) => (c.linux.rootfsPropagation = name)),
        pattern,
        name,
      );
    }
  },
  { differs: { runc: "does not make the root shared" } },
);

clause("rootfsPropagation: without it nothing propagates to the host", (t) => {
  assert.not.match(t.shell(ROOT), /shared/);
});

clause(
  "rootfsPropagation: an unknown value is an error that names it",
  (t) => {
    const container = t.container((c) => (c.linux.rootfsPropagation = "sideways"));
    assert.refuses(container.run(), /sideways/);
  },
  { differs: { crun: "accepts it" } },
);

clause("sysctl: values of the container's namespaces", (t) => {
  const before = readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8");
  const output = t.shell(
    "cd /proc/sys; cat net/ipv4/ip_forward kernel/shmmax fs/mqueue/msg_max net/ipv4/ip_local_port_range",
    (c) => {
      c.linux.sysctl = {
        "net.ipv4.ip_forward": before.trim() === "1" ? "0" : "1",
        "kernel.shmmax": "123456789",
        "fs.mqueue.msg_max": "17",
        "net.ipv4.ip_local_port_range": "20000 30000",
      };
    },
  );
  assert.is(output, `${before.trim() === "1" ? "0" : "1"}\n123456789\n17\n20000\t30000\n`);
  assert.is(readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8"), before);
});

clause("sysctl: with slashes, so that a name may have dots", (t) => {
  const output = t.shell("cat /proc/sys/net/ipv4/conf/lo/forwarding", (c) => {
    c.linux.sysctl = { "net/ipv4/conf/lo/forwarding": "1" };
  });
  assert.is(output, "1\n");
});

clause("sysctl: one that is not of a namespace is an error that names it", (t) => {
  const container = t.container((c) => (c.linux.sysctl = { "vm.swappiness": "60" }));
  assert.refuses(container.run(), /vm[./]swappiness/);
});

clause("sysctl: one of a namespace that the container shares is an error that names it", (t) => {
  const shared: [namespace: string, name: string][] = [
    ["network", "net.ipv4.ip_forward"],
    ["ipc", "kernel.shmmax"],
  ];
  for (const [namespace, name] of shared) {
    const value = readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8").trim();
    const container = t.container((c) => {
      share(c, namespace);
      c.mounts = c.mounts.filter(({ type }) => type !== "mqueue");
      c.linux.sysctl = { [name]: value };
    }, `-${namespace}`);
    assert.refuses(container.run(), new RegExp(name.replaceAll(".", "[./]")));
  }
});

clause("sysctl: one that does not exist is an error that names it", (t) => {
  const container = t.container((c) => (c.linux.sysctl = { "net.ipv4.no_such_value": "1" }));
  assert.refuses(container.run(), /no_such_value/, /no such file or directory/i);
});

clause("sysctl: .. does not lead out of /proc/sys", (t) => {
  const before = readFileSync("/proc/self/oom_score_adj", "utf8");
  for (const name of ["net/../../self/oom_score_adj", "net....self.oom_score_adj", "net/../vm/swappiness"]) {
    const container = t.container((c) => (c.linux.sysctl = { [name]: "60" }), `-${name.length}`);
    assert.refuses(container.run());
  }
  assert.is(readFileSync("/proc/self/oom_score_adj", "utf8"), before);
});

clause("sysctl: kernel.hostname is the hostname property's", (t) => {
  const container = t.container((c) => (c.linux.sysctl = { "kernel.hostname": "by-sysctl" }));
  assert.refuses(container.run(), /kernel[./]hostname/);
});

conclude();
