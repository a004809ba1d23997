/** runtime-spec config.md, "Root", "Specification version", "Hostname", "Domainname", "Extensibility". */
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, clause, conclude, put, share } from "./harness/index.ts";

clause("root.path: relative to the bundle", (t) => {
  const container = t.container((c) => {
    c.root.path = "other/place";
    c.process.args = ["cat", "/marker"];
  });
  mkdirSync(join(container.bundle, "other"));
  renameSync(container.rootfs, join(container.bundle, "other/place"));
  writeFileSync(join(container.bundle, "other/place/marker"), "here\n");
  assert.is(assert.succeeds(container.run()).stdout, "here\n");
});

clause("root.path: absolute", (t) => {
  const place = t.path("elsewhere");
  const container = t.container((c) => {
    c.root.path = place;
    c.process.args = ["cat", "/marker"];
  });
  renameSync(container.rootfs, place);
  writeFileSync(join(place, "marker"), "here\n");
  assert.is(assert.succeeds(container.run()).stdout, "here\n");
});

clause(
  "root.path: a symlink on the host is followed",
  (t) => {
    const container = t.container((c) => {
      c.root.path = "link";
      c.process.args = ["ls", "/bin/busybox"];
    });
    symlinkSync("rootfs", join(container.bundle, "link"));
    assert.succeeds(container.run());
  },
  { differs: { runc: "refuses it" } },
);

clause("root.path: a directory that does not exist is an error that names it", (t) => {
  const container = t.container((c) => (c.root.path = "no-such-rootfs"));
  assert.refuses(container.run(), /no-such-rootfs/, /no such file or directory/i);
});

clause(
  "root.path: a file is an error that names it",
  (t) => {
    const container = t.container((c) => (c.root.path = "config.json"));
    assert.refuses(container.run(), /config\.json/, /not a directory/i);
  },
  { differs: { runc: "names no path", crun: "names no path" } },
);

clause("root: required on Linux", (t) => {
  const container = t.container((c) => put(c, "/root", undefined));
  assert.refuses(container.run(), /root/i);
});

clause("root.readonly true: root can't write, and can on a mount", (t) => {
  const result = t.shellIn(
    "echo x >/file; echo x >/dev/shm/file && echo written",
    (c) => (c.root.readonly = true),
  );
  assert.is(result.stdout, "written\n");
  assert.match(result.stderr, /\/file: Read-only file system/);
});

clause("root.readonly true: the host can still write to the rootfs", (t) => {
  const container = t.container((c) => {
    c.root.readonly = true;
    c.process.args = ["true"];
  });
  assert.succeeds(container.run());
  writeFileSync(join(container.rootfs, "new"), "");
});

clause("root.readonly false: what is written is in the rootfs", (t) => {
  const container = t.container((c) => (c.process.args = ["touch", "/written"]));
  assert.succeeds(container.run());
  assert.ok(existsSync(join(container.rootfs, "written")));
});

clause("the container's root is its rootfs, and nothing leads out of it", (t) => {
  const script = "cd /; cd ../../..; ls -d home srv; cat /proc/1/root/marker; ls /proc/self/cwd/marker";
  const result = t.shellIn(script, (_c, { rootfs }) => writeFileSync(join(rootfs, "marker"), "inside\n"));
  assert.is(result.stdout, "home\nsrv\ninside\n/proc/self/cwd/marker\n");
});

clause("hostname", (t) => {
  const script = "hostname; cat /proc/sys/kernel/hostname";
  assert.is(
    t.shell(script, (c) => (c.hostname = "a.host-name")),
    "a.host-name\na.host-name\n",
  );
});

clause("hostname: the host's own stays as it is", (t) => {
  const before = t.execute(["hostname"]).stdout;
  t.shell("true", (c) => (c.hostname = "only-inside"));
  assert.is(t.execute(["hostname"]).stdout, before);
});

clause("hostname: without a uts namespace of the container's it is an error", (t) => {
  const container = t.container((c) => share(c, "uts"));
  assert.refuses(container.run(), /hostname/i, /uts/i);
});

clause(
  "domainname",
  (t) => {
    const output = t.shell("cat /proc/sys/kernel/domainname", (c) => put(c, "/domainname", "example.test"));
    assert.is(output, "example.test\n");
  },
  { differs: { runc: "of a later version" } },
);

clause(
  "ociVersion: the versions 1.0.0 to 1.3.0 are accepted",
  (t) => {
    for (const version of ["1.0.0", "1.0.2", "1.0.2-dev", "1.1.0", "1.2.1", "1.3.0"]) {
      t.shell("true", (c) => (c.ociVersion = version));
    }
  },
  { differs: { crun: "of an earlier version" } },
);

clause(
  "ociVersion: another major version is refused by name",
  (t) => {
    for (const version of ["0.9.0", "2.0.0"]) {
      const container = t.container((c) => (c.ociVersion = version), `-${version}`);
      assert.refuses(container.run(), new RegExp(version.replaceAll(".", "\\.")), /ociVersion/);
    }
  },
  { differs: { runc: "ignores the version", crun: "does not name the property" } },
);

clause(
  "ociVersion: one that is no version is refused by name",
  (t) => {
    const container = t.container((c) => (c.ociVersion = "latest"));
    assert.refuses(container.run(), /ociVersion/, /latest/);
  },
  { differs: { runc: "ignores the version", crun: "ignores the version" } },
);

clause("extensibility: unknown properties are ignored, at every level", (t) => {
  const output = t.shell("echo ran", (c) => {
    put(c, "/vnd.example", { a: 1 });
    put(c, "/process/later", [1, 2]);
    put(c, "/process/user/nickname", "root");
    put(c, "/linux/later", true);
    put(c, "/linux/resources/later", {});
    put(c, "/root/type", "rootfs");
    put(c, "/solaris", { milestone: "svc:/milestone/container:default" });
    put(c, "/windows", { layerFolders: ["C:\\\\layer"] });
  });
  assert.is(output, "ran\n");
});

clause("annotations: any key and value; in the state", async (t) => {
  const annotations = { "com.example.key": "value", "with space": "", "unicode-ž": "✓" };
  const container = t.container((c) => (c.annotations = annotations));
  await container.create();
  assert.equal(container.state().annotations, annotations);
});

clause("annotations: a value that is no string is an error that names its place", (t) => {
  const container = t.container((c) => put(c, "/annotations", { "com.example": 5 }));
  assert.refuses(container.run(), /annotations/);
});

conclude();
