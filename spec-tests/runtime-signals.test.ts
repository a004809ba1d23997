/** runtime-spec runtime.md, "Kill"; and how `run` passes signals on. */

import type { Case, Container } from "./harness/index.ts";
import { assert, clause, conclude, share, until } from "./harness/index.ts";

/** A running container whose init tells the numbers of the signals it gets, until `count` have come. */
async function catcher(t: Case, count: number): Promise<Container> {
  const container = t.container((c) => (c.process.args = ["/bin/probe", "catch", String(count)]));
  await container.runDetached();
  await container.says(/ready/);
  return container;
}

clause(
  "kill: the signal by name, with and without SIG, in any case, or by number",
  async (t) => {
    const signals: [given: string, number: number][] = [
      ["HUP", 1],
      ["SIGINT", 2],
      ["sigusr1", 10],
      ["usr2", 12],
      ["15", 15],
      ["28", 28],
      ["SIGCONT", 18],
    ];
    const container = await catcher(t, signals.length);
    for (const [given, number] of signals) {
      container.kill(given);
      await container.says(new RegExp(`signal ${number}\n`));
    }
    await container.waitFor("stopped");
    container.delete();
  },
  { differs: { crun: "knows no lower case" } },
);

clause(
  "kill: real-time signals",
  async (t) => {
    const container = await catcher(t, 3);
    for (const [given, number] of [
      ["SIGRTMIN+1", 35],
      ["RTMIN+3", 37],
      ["RTMAX-1", 63],
    ] as const) {
      container.kill(given);
      await container.says(new RegExp(`signal ${number}\n`));
    }
    await container.waitFor("stopped");
    container.delete();
  },
  { differs: { runc: "knows no RTMIN+n with SIG" } },
);

clause("kill: SIGTERM without a signal", async (t) => {
  const container = await catcher(t, 1);
  container.kill();
  await container.says(/signal 15\n/);
  await container.waitFor("stopped");
  container.delete();
});

clause("kill: 0 only asks whether it runs", async (t) => {
  const container = await catcher(t, 1);
  container.kill("0");
  assert.is(container.state().status, "running");
  await container.remove();
});

clause(
  "kill: an unknown signal is an error that names it, and the container runs on",
  async (t) => {
    const container = await catcher(t, 1);
    for (const signal of ["SIGNIFICANT", "99", "-1", "1.5", "SIG"]) {
      assert.refuses(container.command("kill", container.id, signal));
    }
    assert.refuses(container.command("kill", container.id, "SIGNIFICANT"), /SIGNIFICANT/);
    assert.is(container.state().status, "running");
    await container.remove();
  },
  { differs: { crun: "takes any number" } },
);

clause("kill: a created container", async (t) => {
  const container = t.container();
  await container.create();
  container.kill("KILL");
  await container.waitFor("stopped");
  container.delete();
});

clause(
  "kill: a stopped container is an error",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    await container.create();
    container.start();
    await container.waitFor("stopped");
    assert.refuses(container.command("kill", container.id, "TERM"), /not running|stopped/i);
    container.delete();
  },
  { differs: { crun: "other words" } },
);

clause("kill: an id that is not there is an error that names it", (t) => {
  assert.refuses(t.runtime(["kill", "nobody-has-this-id", "TERM"]), /nobody-has-this-id|does not exist/);
});

clause("kill: KILL ends the init of a pid namespace", async (t) => {
  const container = t.container(
    (c) => (c.process.args = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]),
  );
  await container.runDetached();
  await container.says(/ready/);
  container.kill("TERM");
  assert.is(container.state().status, "running");
  container.kill("KILL");
  await container.waitFor("stopped");
  container.delete();
});

clause(
  "kill --all: all processes of the container",
  async (t) => {
    const container = t.container((c) => {
      share(c, "pid");
      c.process.args = ["sh", "-c", "sleep 1000 & sleep 1000 & echo ready; wait"];
    });
    await container.runDetached();
    await container.says(/ready/);
    await until("three processes", () => t.processes().length >= 3);
    assert.succeeds(container.command("kill", "--all", container.id, "KILL"));
    await until("no process", () => t.processes().length === 0);
    await container.waitFor("stopped");
    container.delete();
  },
  { needs: ["cgroup"] },
);

clause(
  "kill KILL without a pid namespace of its own: no process is left",
  async (t) => {
    const container = t.container((c) => {
      share(c, "pid");
      c.process.args = ["sh", "-c", "sleep 1000 & sleep 1000 & echo ready; wait"];
    });
    await container.runDetached();
    await container.says(/ready/);
    container.kill("KILL");
    await container.waitFor("stopped");
    container.delete();
  },
  { needs: ["cgroup"] },
);

clause(
  "delete --force without a pid namespace of its own: no process is left",
  async (t) => {
    const container = t.container((c) => {
      share(c, "pid");
      c.process.args = ["sh", "-c", "sleep 1000 & sleep 1000 & echo ready; wait"];
    });
    await container.runDetached();
    await container.says(/ready/);
    container.delete("--force");
  },
  { needs: ["cgroup"] },
);

clause("run: passes signals on to the container", async (t) => {
  const signals = ["SIGHUP", "SIGINT", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGQUIT"] as const;
  const numbers = [1, 2, 10, 12, 15, 3];
  const container = t.container((c) => (c.process.args = ["/bin/probe", "catch", String(signals.length)]));
  const run = container.runInBackground();
  await until("the container", () => run.stdout().includes("ready"));
  for (const [i, signal] of signals.entries()) {
    run.signal(signal);
    await until(signal, () => run.stdout().includes(`signal ${numbers[i]}\n`));
  }
  assert.succeeds(await run.ended);
});

clause("run: exits with the code that the program chose on the signal", async (t) => {
  const container = t.container(
    (c) => (c.process.args = ["sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"]),
  );
  const run = container.runInBackground();
  await until("the container", () => run.stdout().includes("ready"));
  run.signal("SIGTERM");
  assert.is((await run.ended).status, 7);
});

clause("run: 137 when the container is killed from elsewhere", async (t) => {
  const container = t.container((c) => (c.process.args = ["/bin/probe", "catch", "1"]));
  const run = container.runInBackground();
  await until("the container", () => run.stdout().includes("ready"));
  container.kill("KILL");
  assert.is((await run.ended).status, 137);
});

clause(
  "run: killed itself, it leaves a container that delete removes",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["/bin/probe", "catch", "1"]));
    const run = container.runInBackground();
    await until("the container", () => run.stdout().includes("ready"));
    run.signal("SIGKILL");
    await run.ended;
    container.delete("--force");
  },
  { differs: { crun: "leaves the container" } },
);

conclude();
