/** runtime-spec config.md, "POSIX-platform Hooks", and runtime.md, "Lifecycle": when, where, and with what. */
import { readFileSync, readlinkSync } from "node:fs";
import { type Hook, hooked, KINDS, type Kind, log, say, shell } from "./harness/hooks.ts";
import { assert, clause, conclude, put, type State } from "./harness/index.ts";

clause(
  "hooks: all six kinds, in the order of the lifecycle, and in the order of each list",
  async (t) => {
    const container = t.container((c) => {
      const hooks = Object.fromEntries(KINDS.map((kind) => [kind, [say(t, `${kind}1`), say(t, `${kind}2`)]]));
      hooked(c, t, hooks);
      c.process.args = ["sh", "-c", `echo program >>${t.directory}/log`];
    });
    await container.create();
    const created = [
      "prestart1",
      "prestart2",
      "createRuntime1",
      "createRuntime2",
      "createContainer1",
      "createContainer2",
    ];
    assert.equal(log(t).trim().split("\n"), created);
    container.start();
    await container.waitFor("stopped");
    const lines = log(t).trim().split("\n").slice(created.length);
    assert.equal(lines.slice(0, 2), ["startContainer1", "startContainer2"]);
    // The program runs beside poststart: their order is nobody's to tell.
    assert.equal(
      lines.slice(2).filter((line) => line !== "program"),
      ["poststart1", "poststart2"],
    );
    assert.ok(lines.includes("program"));
    container.delete();
    assert.equal(log(t).trim().split("\n").slice(-2), ["poststop1", "poststop2"]);
  },
  {
    differs: {
      runc: "runs poststart at create in this version",
      crun: "start does not always wait for startContainer",
    },
  },
);

clause(
  "hooks: run calls them all, too",
  (t) => {
    const container = t.container((c) => {
      hooked(c, t, Object.fromEntries(KINDS.map((kind) => [kind, [say(t, kind)]])));
      c.process.args = ["true"];
    });
    assert.succeeds(container.run());
    assert.equal(log(t).trim().split("\n"), KINDS);
  },
  {
    differs: {
      runc: "runs poststart too early in this version",
      crun: "start does not always wait for startContainer",
    },
  },
);

clause(
  "hooks: the state is on stdin, with the status of the moment",
  async (t) => {
    const keep = (kind: Kind): Hook => shell(`cat >${t.directory}/${kind}.json`);
    const container = t.container((c) => {
      c.annotations = { "com.example": "of the hook's container" };
      hooked(c, t, Object.fromEntries(KINDS.map((kind) => [kind, [keep(kind)]])));
      c.process.args = ["sleep", "1000"];
    });
    await container.create();
    const pid = container.pid();
    container.start();
    await container.remove();
    const statuses: Record<Kind, string[]> = {
      // As hooks of the `start` that there was; the validation programs of runtime-tools want it so.
      prestart: ["created"],
      createRuntime: ["creating", "created"],
      createContainer: ["creating", "created"],
      startContainer: ["created"],
      poststart: ["running"],
      poststop: ["stopped"],
    };
    for (const kind of KINDS) {
      const state = JSON.parse(readFileSync(t.path(`${kind}.json`), "utf8")) as State;
      assert.is(state.id, container.id, kind);
      assert.is(state.bundle, container.bundle, kind);
      assert.ok(/^1\.\d+\.\d+/.test(state.ociVersion), kind);
      assert.ok(statuses[kind].includes(state.status), `${kind}: ${state.status}`);
      assert.equal(state.annotations, { "com.example": "of the hook's container" }, kind);
      // Inside, the init is known by its number there.
      if (kind === "prestart" || kind === "createRuntime" || kind === "poststart")
        assert.is(state.pid, pid, kind);
    }
  },
  {
    differs: {
      runc: "calls prestart creating, and startContainer running in this version",
      crun: "leaves out annotations",
    },
  },
);

clause(
  "hooks: prestart and createRuntime run in the runtime's namespaces, poststart and poststop too",
  async (t) => {
    const own = readlinkSync("/proc/self/ns/mnt");
    const kinds: Kind[] = ["prestart", "createRuntime", "poststart", "poststop"];
    const container = t.container((c) => {
      hooked(
        c,
        t,
        Object.fromEntries(
          kinds.map((kind) => [kind, [shell(`readlink /proc/self/ns/mnt >>${t.directory}/log`)]]),
        ),
      );
      c.process.args = ["true"];
    });
    await container.whole();
    assert.is(log(t), `${own}\n`.repeat(kinds.length));
  },
);

clause("hooks: createContainer runs in the container's namespaces, before its root is changed", async (t) => {
  const script = `for i in mnt uts net ipc; do readlink /proc/self/ns/$i; done >>${t.directory}/log; ls -d ${t.directory} >>${t.directory}/log`;
  const container = t.container((c) => {
    hooked(c, t, { createContainer: [shell(script)] });
    c.process.args = ["sleep", "1000"];
  });
  await container.create();
  const expected = ["mnt", "uts", "net", "ipc"].map((kind) =>
    readlinkSync(`/proc/${container.pid()}/ns/${kind}`),
  );
  assert.equal(log(t).trim().split("\n"), [...expected, t.directory]);
  await container.remove();
});

clause("hooks: startContainer runs in the container, with its root", async (t) => {
  const script = `[ -e /bin/probe ] && cat /proc/sys/kernel/hostname >>${t.directory}/log; echo $$ >>${t.directory}/log`;
  const container = t.container((c) => {
    hooked(c, t, { startContainer: [shell(script)] });
    c.hostname = "inside";
    c.process.args = ["true"];
  });
  await container.create();
  assert.is(log(t), "");
  container.start();
  await container.waitFor("stopped");
  assert.match(log(t), /^inside\n\d+\n$/);
  container.delete();
});

clause("hooks: createRuntime comes after the namespaces are there, before the root is changed", async (t) => {
  const script = `pid=$(sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p'); readlink /proc/$pid/ns/net >>${t.directory}/log`;
  const container = t.container((c) =>
    hooked(c, t, { createRuntime: [shell(`tr , '\\n' | { ${script}; }`)] }),
  );
  await container.create();
  assert.is(log(t), `${readlinkSync(`/proc/${container.pid()}/ns/net`)}\n`);
  container.delete("--force");
});

clause("hooks: args and env are the hook's own", async (t) => {
  const script = `echo "$0 $1" >>${t.directory}/log; env | sort | grep -v -E '^(_|PWD|SHLVL|OLDPWD)=' >>${t.directory}/log`;
  const container = t.container((c) => {
    const hook = {
      path: "/bin/sh",
      args: ["zeroth", "-c", script, "name", "first"],
      env: ["A=1", "PATH=/usr/bin:/bin"],
    };
    hooked(c, t, { createRuntime: [hook] });
    c.process.args = ["true"];
  });
  await container.whole();
  assert.is(log(t), "name first\nA=1\nPATH=/usr/bin:/bin\n");
});

clause("hooks: without args the path is the only one", async (t) => {
  const path = t.file("hook.sh", `#!/bin/sh\necho "$#" >>${t.directory}/log\n`, 0o755);
  const container = t.container((c) => {
    hooked(c, t, { createRuntime: [{ path }] });
    c.process.args = ["true"];
  });
  await container.whole();
  assert.is(log(t), "0\n");
});

clause("hooks: one that writes to its stdout and stderr is no error", (t) => {
  const container = t.container((c) => {
    put(c, "/hooks", { createRuntime: [shell("echo chatter >&2; echo more")] });
    c.process.args = ["echo", "program"];
  });
  const result = assert.succeeds(container.run());
  assert.match(result.stdout, /program\n/);
});

conclude();
