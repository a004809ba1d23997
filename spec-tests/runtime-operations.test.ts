/** runtime-spec runtime.md, "Errors" and "Operations": what is refused, and how little is left of it. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, clause, conclude, put, runtimeName, type Terms } from "./harness/index.ts";

/** For what only this project's messages tell. */
const OWN: Terms = { differs: { runc: "names no place", crun: "names no place" } };

const create = (t: Case, bundle: string, id: string, flags: readonly string[] = []) =>
  t.start(t.argv(["create", "--bundle", bundle, ...flags, id])).ended;

clause(
  "create: a bundle without config.json is an error that names it",
  async (t) => {
    const container = t.container();
    rmSync(join(container.bundle, "config.json"));
    assert.refuses(await container.tryCreate(), /config\.json/, /no such file or directory/i);
    assert.refuses(container.run(), /config\.json/, /no such file or directory/i);
  },
  { differs: { runc: "other words", crun: "other words" } },
);

clause("create: a bundle that does not exist is an error that names it", async (t) => {
  assert.refuses(await create(t, t.path("no-bundle"), t.tag), /no-bundle/, /no such file or directory/i);
});

clause("create: a bundle that is a file is an error that names it", async (t) => {
  assert.refuses(await create(t, t.file("file-bundle", ""), t.tag), /file-bundle/, /not a directory/i);
});

clause(
  "create: a config.json that is a directory is an error that names it",
  async (t) => {
    const container = t.container();
    rmSync(join(container.bundle, "config.json"));
    mkdirSync(join(container.bundle, "config.json"));
    assert.refuses(await container.tryCreate(), /config\.json/, /is a directory/i);
  },
  { differs: { crun: "other words" } },
);

clause(
  "config.json: no JSON: line and column",
  async (t) => {
    const container = t.container();
    container.configure('{\n  "ociVersion": "1.0.2",\n  "process": { oops }\n}\n');
    const result = assert.refuses(await container.tryCreate(), /config\.json/);
    assert.match(result.stderr, /line 3, column 16:/);
  },
  OWN,
);

clause("config.json: empty, cut off, or not UTF-8 is an error", async (t) => {
  for (const [name, content] of Object.entries({
    empty: "",
    cut: '{"ociVersion":"1.0.2","process":{"args":[',
    list: "[]",
    text: '"x"',
    null: "null",
  })) {
    const container = t.container(() => {}, `-${name}`);
    container.configure(content);
    assert.refuses(await container.tryCreate());
  }
  const container = t.container(() => {}, "-bytes");
  writeFileSync(
    join(container.bundle, "config.json"),
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  );
  assert.refuses(await container.tryCreate());
});

/** What is put where, the pointer of the fault, and what is said of it. */
const WRONG: [put: string, value: unknown, pointer: string, text: string][] = [
  ["/process/user/uid", "zero", "", 'expected an integer, found "zero"'],
  ["/process/user/uid", -1, "", "expected at least 0, found -1"],
  ["/process/user/uid", 1.5, "", "expected an integer, found 1.5"],
  ["/process/user/gid", 4294967296, "", "expected at most 4294967295, found 4294967296"],
  ["/process/user/additionalGids", ["a"], "/0", 'expected an integer, found "a"'],
  ["/process/args", "sh", "", 'expected an array, found "sh"'],
  ["/process/args", [], "", "expected at least 1 entry, found an empty array"],
  ["/process/args", ["sh", 5], "/1", "expected a string, found 5"],
  ["/process/env", [true], "/0", "expected a string, found true"],
  ["/process/cwd", "relative/path", "", 'expected an absolute path, found "relative/path"'],
  ["/process/terminal", "yes", "", 'expected true or false, found "yes"'],
  ["/process/capabilities/bounding", [7], "/0", "expected a string, found 7"],
  [
    "/process/rlimits",
    [{ type: "RLIMIT_NOFILE", soft: "a", hard: 1 }],
    "/0/soft",
    'expected an integer, found "a"',
  ],
  ["/process/oomScoreAdj", 1001, "", "expected at most 1000, found 1001"],
  ["/process/noNewPrivileges", 1, "", "expected true or false, found 1"],
  ["/root/readonly", "no", "", 'expected true or false, found "no"'],
  ["/root/path", 5, "", "expected a string, found 5"],
  ["/mounts", [{ type: "tmpfs" }], "/0/destination", "required, but missing"],
  ["/mounts", [{ destination: "/x", options: "ro" }], "/0/options", 'expected an array, found "ro"'],
  ["/hooks/prestart", [{ args: [] }], "/0/path", "required, but missing"],
  ["/linux/namespaces", [{ path: "/x" }], "/0/type", "required, but missing"],
  [
    "/linux/devices",
    [{ path: "/dev/x", type: "c", major: "1", minor: 3 }],
    "/0/major",
    'expected an integer, found "1"',
  ],
  ["/linux/resources/memory/limit", "64M", "", 'expected an integer, found "64M"'],
  ["/linux/sysctl", { "net.ipv4.ip_forward": 1 }, "/net.ipv4.ip_forward", "expected a string, found 1"],
  [
    "/linux/seccomp",
    { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: "read", action: "SCMP_ACT_ALLOW" }] },
    "/syscalls/0/names",
    'expected an array, found "read"',
  ],
  ["/annotations", { key: 1 }, "/key", "expected a string, found 1"],
  ["/hostname", 5, "", "expected a string, found 5"],
];

for (const [place, value, rest, text] of WRONG) {
  clause(
    `config.json: ${place} is ${JSON.stringify(value)}: line, column and pointer, what was expected, what was found`,
    async (t) => {
      const container = t.container((c) => put(c, place, value));
      const { stderr } = assert.refuses(await container.tryCreate(), /line \d+, column \d+: /);
      assert.match(stderr, `: ${place}${rest}: ${text}\n`);
    },
    OWN,
  );
}

clause(
  "config.json: all that is wrong is told at once, each with its line and column",
  async (t) => {
    const container = t.container();
    const lines = [
      "{",
      '  "ociVersion": "1.0.2",',
      '  "root": { "path": "rootfs", "readonly": "no" },',
      '  "process": {',
      '    "cwd": "/",',
      '    "args": ["true", 7],',
      '    "user": { "uid": "zero", "gid": 0 }',
      "  }",
      "}",
    ];
    container.configure(lines.join("\n"));
    const { stderr } = assert.refuses(await container.tryCreate());
    const expected: [pointer: string, line: number, text: string][] = [
      ["/root/readonly", 3, '"no"'],
      ["/process/args/1", 6, "7]"],
      ["/process/user/uid", 7, '"zero"'],
    ];
    for (const [pointer, line, text] of expected) {
      const column = (lines[line - 1]?.indexOf(text) ?? 0) + 1;
      assert.match(stderr, `line ${line}, column ${column}: ${pointer}: `);
    }
  },
  OWN,
);

const BAD_IDS = [
  "a/b",
  "../up",
  "..",
  ".",
  "",
  "a b",
  "ž",
  "a\nb",
  "/absolute",
  ".hidden",
  "a*",
  "-dash",
  "x".repeat(2000),
];

clause(
  "create: an id with anything but letters, digits, _, +, -, . is an error that names it",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    for (const id of BAD_IDS) {
      const result = await create(t, container.bundle, id);
      assert.is.not(result.status, 0, JSON.stringify(id));
      assert.ok(result.stderr !== "", JSON.stringify(id));
      if (id !== "" && id !== "-dash" && runtimeName === "ocirt")
        assert.match(result.stderr, /container id|invalid/i);
    }
  },
  { differs: { crun: "accepts most", runc: "accepts some" } },
);

clause(
  "all commands refuse such an id before they touch anything",
  (t) => {
    mkdirSync(t.path("victim"));
    writeFileSync(t.path("victim/state.json"), "{}");
    for (const command of ["state", "start", "kill", "delete", "run"]) {
      for (const id of ["../victim", "..", ".", "a/../../victim", "/nonexistent/dir"]) {
        assert.refuses(t.runtime([command, id]));
      }
    }
    for (const id of ["../victim", "..", "."]) assert.refuses(t.runtime(["delete", "--force", id]));
    assert.is(t.execute(["cat", t.path("victim/state.json")]).stdout, "{}");
    // A peer has been seen to remove the state directory's parent here: never against another runtime.
  },
  { needs: ["ocirt"] },
);

clause("create: good ids: letters, digits, _, +, -, .", async (t) => {
  const container = t.container((c) => (c.process.args = ["true"]));
  for (const id of [`${t.tag}_a+b-c.d`, `${t.tag}UPPER`, `0${t.tag}`]) {
    assert.succeeds(await create(t, container.bundle, id), id);
    assert.succeeds(t.runtime(["delete", "--force", id]), id);
  }
});

clause("commands without an id, and with too many, are usage errors", (t) => {
  for (const command of ["create", "start", "state", "kill", "delete", "run"]) {
    assert.refuses(t.runtime([command]));
  }
  assert.refuses(t.runtime(["state", "one", "two"]));
});

clause("an unknown command and an unknown option are usage errors that name them", (t) => {
  assert.refuses(t.runtime(["frobnicate"]), /frobnicate/);
  assert.refuses(t.runtime(["state", "--frobnicate", "x"]), /frobnicate/);
});

clause("a failed create leaves an id that can be used", async (t) => {
  const container = t.container((c) => (c.process.args = ["/no/such/program"]));
  assert.refuses(await container.tryCreate());
  container.configure(
    JSON.stringify({ ...t.config(), process: { ...t.config().process, args: ["echo", "now"] } }),
  );
  assert.is(await container.whole(), "now\n");
});

clause("a failed create leaves the containers beside it alone", async (t) => {
  const good = t.container((c) => (c.process.args = ["sleep", "1000"]), "-good");
  await good.runDetached();
  const bad = t.container((c) => (c.linux.sysctl = { "net.no.such": "1" }), "-bad");
  assert.refuses(await bad.tryCreate());
  assert.is(good.state().status, "running");
  await good.remove();
});

conclude();
