/** The command exec: what of the container's its process has, how it runs, and how it ends. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { endsAmid, execOut, processFile, shell, sleeper } from "./harness/exec.ts";
import { assert, clause, conclude, runtimeName, until } from "./harness/index.ts";

clause("exec: in a created container, whose program is yet to start", async (t) => {
  const container = t.container((c) => (c.process.args = ["echo", "the program"]));
  await container.create();
  assert.is(execOut(container, [], "echo", "before"), "before\n");
  assert.is(container.state().status, "created");
  container.start();
  await container.waitFor("stopped");
  assert.is(container.output(), "the program\n");
  container.delete();
});

clause(
  "exec: the container's configuration is that of its creation",
  async (t) => {
    const container = await sleeper(t, (c) => c.process.env.push("ONE=1"));
    container.configure('{"no": "configuration any more"}');
    assert.is(shell(container, [], "echo $ONE"), "1\n");
    await container.remove();
  },
  { differs: { runc: "reads the bundle again" } },
);

clause(
  "exec: scheduler, ioPriority and oomScoreAdj of the container's",
  async (t) => {
    const container = await sleeper(t, (c) => {
      c.process.oomScoreAdj = 321;
      c.process.scheduler = { policy: "SCHED_BATCH", nice: 3 };
      c.process.ioPriority = { class: "IOPRIO_CLASS_IDLE" };
    });
    const fields = execOut(container, [], "cat", "/proc/self/stat").replace(/.*\) /, "").split(" ");
    assert.equal([fields[16], fields[38]], ["3", "3"]);
    assert.match(execOut(container, [], "ionice", "-p", "1"), /^idle/);
    assert.match(shell(container, [], "ionice"), /^idle/);
    assert.is(execOut(container, [], "cat", "/proc/self/oom_score_adj"), "321\n");
    await container.remove();
  },
  { differs: { runc: "of a later version", crun: "of a later version" } },
);

const allowed = "grep Cpus_allowed_list /proc/self/status | cut -f 2";

clause(
  "exec: an affinity of the caller's is not the process's",
  async (t) => {
    const container = await sleeper(t);
    const all = shell(container, [], allowed);
    const first = /^\d+/.exec(all)?.[0] ?? "0";
    const result = t.execute([
      "taskset",
      "-c",
      first,
      ...t.argv(["exec", container.id, "sh", "-c", allowed]),
    ]);
    assert.is(assert.succeeds(result).stdout, all);
    await container.remove();
  },
  { differs: { runc: "of a later version", crun: "of a later version" } },
);

clause(
  "exec: execCPUAffinity, final and initial; of --process before the container's",
  async (t) => {
    const container = await sleeper(t, (c) => (c.process.execCPUAffinity = { final: "0" }));
    assert.is(shell(container, [], allowed), "0\n");
    const own = (execCPUAffinity: object) =>
      execOut(container, [
        "--process",
        processFile(t, { cwd: "/", args: ["sh", "-c", allowed], env: ["PATH=/bin"], execCPUAffinity }),
      ]);
    assert.is(own({ initial: "0" }), "0\n");
    const last =
      readFileSync("/proc/self/status", "utf8").match(/Cpus_allowed_list:\t.*?(\d+)\n/)?.[1] ?? "0";
    assert.is(own({ initial: "0", final: last }), `${last}\n`);
    const nowhere = processFile(t, { cwd: "/", args: ["true"], execCPUAffinity: { final: "1000" } });
    const refused = container.command("exec", "--process", nowhere, container.id);
    assert.is(refused.status, 255);
    assert.is(
      refused.stderr,
      "ocirt: set the CPU affinity: invalid argument (EINVAL); none of the CPUs is there and allowed to the caller\n",
    );
    await container.remove();
  },
  { needs: ["ocirt"] },
);

clause("exec: the seccomp filter is in force", async (t) => {
  const container = await sleeper(t, (c) => {
    c.linux.seccomp = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["sethostname"], action: "SCMP_ACT_ERRNO", errnoRet: 95 }],
    };
  });
  assert.is(execOut(container, [], "probe", "call", "sethostname", "0", "0"), "errno 95\n");
  assert.match(shell(container, [], "grep Seccomp: /proc/self/status"), /\t2\n/);
  await container.remove();
});

clause("exec: signals to the command in the foreground reach the process", async (t) => {
  const container = await sleeper(t);
  const command = t.start(t.argv(["exec", container.id, "probe", "catch", "3"]));
  await until("ready", () => command.stdout() === "ready\n");
  for (const signal of ["SIGTERM", "SIGUSR1", "SIGHUP"] as const) {
    process.kill(command.pid, signal);
    const number = { SIGTERM: 15, SIGUSR1: 10, SIGHUP: 1 }[signal];
    await until(signal, () => command.stdout().includes(`signal ${number}\n`));
  }
  assert.is((await command.ended).status, 0);
  await container.remove();
});

clause("exec: stdin is the caller's", async (t) => {
  const container = await sleeper(t);
  const result = t.runtime(["exec", container.id, "cat"], { input: "through the pipe\n" });
  assert.is(assert.succeeds(result).stdout, "through the pipe\n");
  await container.remove();
});

clause("exec: twenty at once", async (t) => {
  const container = await sleeper(t);
  const commands = Array.from({ length: 20 }, (_, index) =>
    t.start(t.argv(["exec", container.id, "sh", "-c", `echo ${index}; exit ${index}`])),
  );
  const results = await Promise.all(commands.map((command) => command.ended));
  results.forEach(({ status, stdout, stderr }, index) => {
    assert.equal([status, stdout, stderr], [index, `${index}\n`, ""]);
  });
  assert.is(execOut(container, [], "ps", "-o", "comm").trim().split("\n").length, 3);
  await container.remove();
});

clause("exec while the container ends: a status of its own or an error, and nothing is left", async (t) => {
  // From before the first of the ten has joined to after the last.
  for (const delay of [10, 20, 30, 40, 50, 60]) {
    const container = await sleeper(t, undefined, `-${delay}`);
    const commands = Array.from({ length: 10 }, () =>
      t.start(t.argv(["exec", container.id, "sleep", "1000"])),
    );
    await sleep(delay);
    await endsAmid(container, commands);
  }
});

if (runtimeName === "ocirt") {
  clause("exec: a container of many open descriptors of the caller's leaks none", async (t) => {
    const container = await sleeper(t);
    const argv = t.argv(["exec", container.id, "probe", "fds"]);
    const open = 'for fd in 3 4 5 6 7 8 9; do eval "exec $fd</etc/passwd"; done; "$@"';
    const result = t.execute(["bash", "-c", `${open.replace('"$@"', "")} "$@"`, "bash", ...argv]);
    assert.is(assert.succeeds(result).stdout, "");
    await container.remove();
  });
}

conclude();
