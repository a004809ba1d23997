/**
 * Nothing of a configuration or of a command line is read and then ignored: what is not there yet is refused
 * with its JSON pointer or its name. Each test accepts the feature, too, where its effect can be seen.
 */
import { writeFileSync } from "node:fs";
import { assert, bind, type Config, clause, conclude, put, type Terms } from "./harness/index.ts";

const OWN: Terms = { needs: ["ocirt"] };

/** Valid values of fields that not every runtime has, and a script that fails unless they act. */
const FIELDS: [pointer: string, value: unknown, effect: string][] = [
  [
    "/linux/intelRdt",
    { closID: "group", l3CacheSchema: "L3:0=ff" },
    "grep -q group /proc/1/cpu_resctrl_groups",
  ],
  ["/linux/netDevices", { lo: { name: "moved0" } }, "[ -d /sys/class/net/moved0 ]"],
  [
    "/process/selinuxLabel",
    "system_u:system_r:container_t:s0",
    "grep -q container_t /proc/self/attr/current",
  ],
  ["/linux/resources/rdma", { device: { hcaHandles: 1 } }, "false"],
];

for (const [pointer, value, effect] of FIELDS) {
  clause(
    `${pointer}: acts, or is refused by name`,
    (t) => {
      const container = t.container((c) => {
        c.process.args = ["sh", "-c", effect];
        put(c, pointer, value);
      });
      const result = container.run();
      if (result.status !== 0) assert.refuses(result, new RegExp(pointer));
    },
    OWN,
  );
}

/** Labels of security modules that a host without them leaves out, with a warning. */
const LABELS: [pointer: string, value: string, effect: string, warning: RegExp][] = [
  [
    "/linux/mountLabel",
    "system_u:object_r:container_file_t:s0",
    "grep -q container_file_t /proc/self/mountinfo",
    /SELinux is not in force.*\/linux\/mountLabel/,
  ],
  [
    "/process/apparmorProfile",
    "some-profile",
    "grep -q some-profile /proc/self/attr/apparmor/current",
    /apparmor is not enabled on this host/,
  ],
];

for (const [pointer, value, effect, warning] of LABELS) {
  clause(
    `${pointer}: acts, or is left out with a warning, or is refused`,
    (t) => {
      const container = t.container((c) => {
        c.process.args = ["sh", "-c", `${effect} || echo without`];
        put(c, pointer, value);
      });
      const result = container.run();
      if (result.status !== 0) assert.refuses(result, new RegExp(pointer));
      else if (result.stdout !== "") assert.match(result.stderr, warning);
    },
    OWN,
  );
}

/** The labels that exec may set: the flag, the file that shows the label. */
const EXEC_LABELS: [flag: string, label: string, attribute: string, outcome: RegExp][] = [
  ["--apparmor", "some-profile", "attr/apparmor/current", /apparmor|AppArmor/],
  ["--process-label", "system_u:system_r:container_t:s0", "attr/current", /security label|SELinux/],
];

for (const [flag, label, attribute, outcome] of EXEC_LABELS) {
  clause(
    `exec ${flag}: acts, or is left out with a warning, or is refused by name`,
    async (t) => {
      const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
      await container.runDetached();
      const effect = `grep -q '${label}' /proc/self/${attribute} || echo without`;
      const result = container.command("exec", flag, label, container.id, "sh", "-c", effect);
      if (result.status !== 0 || result.stdout !== "") assert.match(result.stderr, outcome);
      container.delete("--force");
    },
    OWN,
  );
}

clause(
  "mounts: uidMappings and gidMappings: an id-mapped mount, or refused by name",
  (t) => {
    const source = t.path("source");
    assert.succeeds(t.execute(["mkdir", source]));
    writeFileSync(`${source}/file`, "");
    const mapping = [{ containerID: 0, hostID: 1234, size: 1 }];
    const container = t.container((c) => {
      c.process.args = ["stat", "-c", "%u", "/srv/file"];
      c.mounts.push({ ...bind(source, "/srv"), uidMappings: mapping, gidMappings: mapping });
    });
    const result = container.run();
    if (result.status === 0) assert.is(result.stdout, "1234\n");
    else assert.refuses(result, /\/mounts\/6/);
  },
  OWN,
);

clause(
  "mounts: the options idmap and ridmap: an id-mapped mount, or refused by name",
  (t) => {
    for (const option of ["idmap=uids=0-1234-1;gids=0-1234-1", "ridmap=uids=0-1234-1;gids=0-1234-1"]) {
      const container = t.container(
        (c) => {
          c.process.args = ["stat", "-c", "%u", "/srv"];
          c.mounts.push(bind(t.directory, "/srv", option));
        },
        `-${option.slice(0, 5)}`,
      );
      const result = container.run();
      if (result.status === 0) assert.is(result.stdout, "1234\n");
      else assert.refuses(result, /idmap/);
    }
  },
  OWN,
);

clause(
  "mounts: copy-symlink, src-nofollow, dest-nofollow: act, or are refused by name",
  (t) => {
    const link = t.path("link");
    assert.succeeds(t.execute(["ln", "-s", "/nowhere-at-all", link]));
    for (const option of ["copy-symlink", "src-nofollow"]) {
      const container = t.container((c) => {
        c.process.args = ["readlink", "/srv/link"];
        c.mounts.push(bind(link, "/srv/link", option));
      }, `-${option}`);
      const result = container.run();
      if (result.status === 0) assert.is(result.stdout, "/nowhere-at-all\n");
      else assert.refuses(result, new RegExp(option));
    }
  },
  OWN,
);

clause(
  "seccomp: SCMP_ACT_NOTIFY without a listener is an error",
  (t) => {
    const container = t.container((c) => {
      c.linux.seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{ names: ["getppid"], action: "SCMP_ACT_NOTIFY" }],
      };
    });
    assert.refuses(container.run(), /SCMP_ACT_NOTIFY|listenerPath/);
  },
  OWN,
);

clause(
  "commands of other runtimes are there, or refused by name",
  (t) => {
    for (const command of ["exec", "ps", "pause", "resume", "update", "events", "checkpoint", "restore"]) {
      const result = t.runtime([command, "--help"]);
      if (result.status !== 0) assert.refuses(t.runtime([command, "some-id"]), new RegExp(command));
      else assert.match(result.stdout, /usage/i);
    }
  },
  OWN,
);

clause(
  "--systemd-cgroup: the systemd driver, or refused where systemd does not run",
  (t) => {
    const container = t.container((c: Config) => (c.process.args = ["true"]));
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    argv.splice(1, 0, "--systemd-cgroup");
    const result = t.execute(argv);
    if (result.status !== 0) assert.refuses(result, /systemd/);
  },
  OWN,
);

clause(
  "an unknown Wasm variant or handler is refused by name",
  (t) => {
    for (const [key, value] of [
      ["run.oci.handler", "cobol"],
      ["module.wasm.image/variant", "incompatible"],
    ] as const) {
      const container = t.container((c) => (c.annotations = { [key]: value }), `-${value}`);
      const result = container.run();
      if (result.status !== 0) assert.refuses(result, new RegExp(value));
    }
  },
  OWN,
);

conclude();
