/** runtime-spec config.md, "POSIX-platform Hooks", and runtime.md, "Lifecycle": hooks that fail, or are wrong. */

import { HOST_KINDS, hooked, KINDS, log, say, shell } from "./harness/hooks.ts";
import { assert, clause, conclude } from "./harness/index.ts";

for (const kind of KINDS.filter((name) => name !== "poststart" && name !== "poststop")) {
  clause(
    `hooks: ${kind}: a failure is an error that names the hook, and nothing is left`,
    async (t) => {
      const container = t.container((c) => {
        hooked(c, t, {
          [kind]: [shell("echo told by the hook >&2; exit 3")],
          poststop: [say(t, "poststop")],
        });
        c.process.args = ["sh", "-c", `echo ran >>${t.directory}/log`];
      });
      const result = container.run();
      assert.refuses(result, new RegExp(kind === "prestart" ? "hook" : `${kind}|hook #0`, "i"), /3|exit/);
      // Neither the program ran, nor was the end of what had been made passed over.
      assert.is(log(t), "poststop\n");
    },
    { differs: { crun: "names no hook" } },
  );
}

clause(
  "hooks: startContainer: after its failure the container is stopped or gone",
  async (t) => {
    const container = t.container((c) => hooked(c, t, { startContainer: [shell("exit 1")] }));
    await container.create();
    assert.refuses(container.command("start", container.id));
    const state = container.command("state", container.id);
    if (state.status === 0) {
      await container.waitFor("stopped");
      container.delete();
    }
  },
  { differs: { runc: "start does not wait for the hook", crun: "start does not wait for the hook" } },
);

clause(
  "hooks: the exit code of create and run is 255 when a hook fails",
  async (t) => {
    const container = t.container((c) => hooked(c, t, { createRuntime: [shell("exit 7")] }));
    assert.is((await container.tryCreate()).status, 255);
    assert.is(container.run().status, 255);
  },
  { differs: { runc: "1" } },
);

clause("hooks: a failed list ends with the failure", (t) => {
  const container = t.container((c) => {
    hooked(c, t, { createRuntime: [say(t, "first"), shell("exit 1"), say(t, "third")] });
    c.process.args = ["true"];
  });
  assert.refuses(container.run());
  assert.is(log(t), "first\n");
});

clause(
  "hooks: poststop: a failure is told, the rest goes on",
  (t) => {
    const container = t.container((c) => {
      hooked(c, t, { poststop: [shell("exit 5"), say(t, "second")] });
      c.process.args = ["true"];
    });
    const result = container.run();
    assert.is(result.status, 0);
    assert.match(result.stderr, /poststop|hook/i);
    assert.is(log(t), "second\n");
  },
  { differs: { runc: "stops at the first", crun: "tells nothing" } },
);

clause(
  "hooks: poststart: a failure is an error, and the container is stopped",
  async (t) => {
    const container = t.container((c) => {
      hooked(c, t, { poststart: [shell("exit 5")], poststop: [say(t, "poststop")] });
      c.process.args = ["sleep", "1000"];
    });
    await container.create();
    assert.refuses(container.command("start", container.id), /poststart|hook/i);
    if (container.command("state", container.id).status === 0) {
      await container.waitFor("stopped");
      container.delete();
    }
    assert.is(log(t), "poststop\n");
  },
  { differs: { runc: "runs poststart at create in this version", crun: "goes on" } },
);

clause("hooks: timeout: a hook that takes longer is killed, and that is a failure", (t) => {
  const container = t.container((c) => {
    hooked(c, t, { createRuntime: [{ ...shell(`exec sleep 1000.${process.pid}`), timeout: 1 }] });
    c.process.args = ["true"];
  });
  assert.refuses(container.run(), /time|kill/i);
  assert.is(
    t.execute([
      "sh",
      "-c",
      `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '^sleep 1000.${process.pid}'`,
    ]).stdout,
    "0\n",
  );
});

clause("hooks: timeout: a hook that is done in time is not touched", (t) => {
  const container = t.container((c) => {
    hooked(c, t, { createRuntime: [{ ...say(t, "done"), timeout: 10 }] });
    c.process.args = ["true"];
  });
  assert.succeeds(container.run());
  assert.is(log(t), "done\n");
});

clause("hooks: a hook that does not read its stdin is no error", (t) => {
  const container = t.container((c) => {
    c.annotations = { "com.example.long": "x".repeat(200_000) };
    hooked(c, t, { createRuntime: [{ path: "/bin/true" }] });
    c.process.args = ["true"];
  });
  assert.succeeds(container.run());
});

for (const [what, path] of [
  ["that does not exist", "/no/such/hook"],
  ["that is not executable", "/etc/passwd"],
] as const) {
  clause(`hooks: a path ${what} is an error that names it`, (t) => {
    for (const kind of HOST_KINDS.filter((one) => !one.startsWith("post"))) {
      const container = t.container((c) => hooked(c, t, { [kind]: [{ path }] }), `-${kind}`);
      assert.refuses(container.run(), new RegExp(path));
    }
  });
}

clause(
  "hooks: a path that is not absolute is an error that names its place",
  (t) => {
    const container = t.container((c) => hooked(c, t, { createRuntime: [{ path: "bin/true" }] }));
    assert.refuses(container.run(), /\/hooks\/createRuntime\/0\/path/, /bin\/true/);
  },
  { differs: { runc: "names no place", crun: "runs it" } },
);

clause(
  "hooks: a timeout that is not positive is an error that names its place",
  (t) => {
    const container = t.container((c) => hooked(c, t, { poststop: [{ ...shell("true"), timeout: 0 }] }));
    assert.refuses(container.run(), /\/hooks\/poststop\/0\/timeout/);
  },
  { differs: { runc: "takes 0 for none", crun: "takes 0 for none" } },
);

conclude();
