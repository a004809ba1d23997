/** runtime-spec config-linux.md, "User namespace mappings". */
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Terms } from "./harness/index.ts";
import { allow, assert, bind, clause, conclude, MAPPED, mapUsers, put, until } from "./harness/index.ts";
import { mapped, owned } from "./harness/userns.ts";

const TERMS: Terms = { needs: ["userns"] };

clause(
  "uidMappings, gidMappings: are the namespace's",
  (t) => {
    const output = mapped(t, "cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g");
    const line = ` +0 +${MAPPED} +65536\n`;
    assert.match(output, new RegExp(`^${line}${line}0\n0\n$`));
  },
  TERMS,
);

clause(
  "uidMappings: several ranges",
  (t) => {
    const output = mapped(t, "tr -s ' ' </proc/self/uid_map; id -u", (c) => {
      c.linux.uidMappings = [
        { containerID: 0, hostID: MAPPED, size: 1000 },
        { containerID: 1000, hostID: 5000, size: 1 },
        { containerID: 2000, hostID: 300_000, size: 10 },
      ];
      c.process.user = { uid: 2005, gid: 0 };
    });
    assert.is(output, ` 0 ${MAPPED} 1000\n 1000 5000 1\n 2000 300000 10\n2005\n`);
  },
  TERMS,
);

clause(
  "user namespace: the container's user may open its standard streams again",
  (t) => {
    for (const uid of [0, 1000]) {
      const result = t.shellIn("echo out >/dev/stdout; echo error >/dev/stderr", (c, own) => {
        owned(t, own);
        mapUsers(c);
        c.process.user = { uid, gid: uid };
      });
      assert.equal([result.stdout, result.stderr], ["out\n", "error\n"]);
    }
  },
  TERMS,
);

clause(
  "user namespace: exec's user may open its standard streams again",
  async (t) => {
    const container = t.container((c, own) => {
      owned(t, own);
      mapUsers(c);
      c.process.args = ["sleep", "1000"];
    });
    await container.runDetached();
    for (const user of ["0", "1000"]) {
      const script = "echo out >/dev/stdout; echo error >/dev/stderr";
      const result = container.command("exec", "--user", user, container.id, "sh", "-c", script);
      assert.equal([result.stdout, result.stderr], ["out\n", "error\n"]);
    }
    await container.remove();
  },
  TERMS,
);

clause(
  "user namespace: the host knows the process by its mapped ids",
  async (t) => {
    const container = t.container((c, own) => {
      owned(t, own);
      mapUsers(c);
      c.process.user = { uid: 1000, gid: 2000, additionalGids: [3000] };
      c.process.args = ["sleep", "1000"];
    });
    await container.runDetached();
    const status = readFileSync(`/proc/${container.pid()}/status`, "utf8");
    assert.match(status, new RegExp(`^Uid:(\t${MAPPED + 1000}){4}$`, "m"));
    assert.match(status, new RegExp(`^Gid:(\t${MAPPED + 2000}){4}$`, "m"));
    assert.match(status, new RegExp(`^Groups:\t${MAPPED + 3000} $`, "m"));
    assert.is.not(readlinkSync(`/proc/${container.pid()}/ns/user`), readlinkSync("/proc/self/ns/user"));
    await container.remove();
  },
  TERMS,
);

clause(
  "user namespace: all the other namespaces belong to it",
  (t) => {
    // Each of these needs a capability over the namespace, which only its owner's root has.
    const script = "hostname renamed && mount -t tmpfs none /mnt && ip link set lo down && hostname";
    assert.is(
      mapped(t, script, (c) => allow(c, "CAP_SYS_ADMIN", "CAP_NET_ADMIN")),
      "renamed\n",
    );
  },
  TERMS,
);

clause(
  "user namespace: file systems and devices of the default configuration are usable",
  (t) => {
    const script = [
      "stat -c '%n %u' /dev /dev/pts /dev/shm",
      "echo x >/dev/null; head -c 3 /dev/zero | wc -c; touch /dev/shm/file; ls /dev/mqueue /sys >/dev/null",
      "ls /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx | wc -l",
    ].join("; ");
    assert.is(mapped(t, script), "/dev 0\n/dev/pts 0\n/dev/shm 0\n3\n7\n");
  },
  TERMS,
);

clause(
  "user namespace: a source that only the host's root can reach is mounted",
  (t) => {
    const directory = t.path("private/deep");
    assert.succeeds(t.execute(["mkdir", "-p", directory]));
    writeFileSync(join(directory, "file"), "reached\n", { mode: 0o644 });
    assert.succeeds(t.execute(["chmod", "700", t.path("private")]));
    assert.is(
      mapped(t, "cat /srv/file", (c) => c.mounts.push(bind(directory, "/srv"))),
      "reached\n",
    );
  },
  { needs: ["userns"] },
);

clause(
  "user namespace: files of unmapped owners are nobody's",
  (t) => {
    const file = t.file("of-root", "", 0o600);
    const script = "stat -c '%u' /srv/file; cat /srv/file 2>&1";
    const container = t.container((c, own) => {
      owned(t, own);
      mapUsers(c);
      c.process.args = ["sh", "-c", script];
      c.mounts.push(bind(file, "/srv/file"));
    });
    assert.match(container.run().stdout, /^65534\n.*Permission denied/);
  },
  TERMS,
);

clause(
  "user namespace: capabilities are those of the configuration",
  (t) => {
    const output = mapped(t, "grep CapEff /proc/self/status; hostname x 2>&1 || true");
    assert.match(output, /^CapEff:\t0000000020000420\n.*Operation not permitted/);
  },
  TERMS,
);

clause(
  "user namespace: joined by path",
  async (t) => {
    const holding = t.start(["unshare", "--user", "--net", "sleep", "1000"]);
    const path = `/proc/${holding.pid}/ns/user`;
    const own = readlinkSync("/proc/self/ns/user");
    await until("the user namespace", () => {
      const name = t.execute(["readlink", path]).stdout.trim();
      return name !== "" && name !== own;
    });
    for (const kind of ["uid", "gid"])
      writeFileSync(`/proc/${holding.pid}/${kind}_map`, `0 ${MAPPED} 65536\n`);
    const output = t.shell(
      "readlink /proc/self/ns/user; readlink /proc/self/ns/net; id -u",
      (c, container) => {
        owned(t, container);
        c.linux.namespaces = c.linux.namespaces.filter(({ type }) => type !== "network");
        c.linux.namespaces.push(
          { type: "user", path },
          { type: "network", path: `/proc/${holding.pid}/ns/net` },
        );
      },
    );
    assert.is(output, `${readlinkSync(path)}\n${readlinkSync(`/proc/${holding.pid}/ns/net`)}\n0\n`);
  },
  { needs: ["userns"], differs: { runc: "wants mappings all the same" } },
);

clause(
  "mappings without a user namespace are an error",
  (t) => {
    const container = t.container((c) => {
      c.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 1 }];
      c.linux.gidMappings = [{ containerID: 0, hostID: 0, size: 1 }];
    });
    assert.refuses(container.run(), /[uU]idMappings|user namespace/i);
  },
  { needs: ["userns"], differs: { runc: "accepts them", crun: "accepts them" } },
);

clause(
  "user namespace: without mappings: mapped automatically, or refused by name",
  (t) => {
    const container = t.container((c, own) => {
      assert.succeeds(t.execute(["chmod", "-R", "a+rwX", own.rootfs]));
      c.linux.namespaces.push({ type: "user" });
      c.process.args = ["id", "-u"];
    });
    const result = container.run();
    if (result.status === 0) assert.is(result.stdout, "0\n");
    else assert.refuses(result, /mapping|\/linux\/uidMappings/i);
  },
  { needs: ["userns"], differs: { crun: "names nothing" } },
);

clause(
  "process.user: an id that is not mapped is an error that names it",
  (t) => {
    const container = t.container((c, own) => {
      owned(t, own);
      mapUsers(c);
      put(c, "/process/user/uid", 70_000);
    });
    assert.refuses(container.run(), /70000|uid/i);
  },
  { needs: ["userns"] },
);

conclude();
