/** A service manager's NOTIFY_SOCKET (sd_notify(3)): the word that a service is ready, out of its container. */
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import type { Background } from "./harness/command.ts";
import {
  assert,
  type Case,
  type Container,
  clause,
  conclude,
  mapUsers,
  outside,
  until,
} from "./harness/index.ts";
import { owned } from "./harness/userns.ts";

const TERMS = { needs: ["ocirt"] } as const;

interface Manager {
  readonly socket: string;
  readonly env: NodeJS.ProcessEnv;
  readonly heard: () => string;
}

async function manager(t: Case): Promise<Manager> {
  const socket = t.path("manager.sock");
  const listening: Background = t.start([outside, "manager", socket]);
  await until("the service manager", () => existsSync(socket));
  return { socket, env: { ...t.environment, NOTIFY_SOCKET: socket }, heard: () => listening.stdout() };
}

/** A service that is ready when the file is there. */
function service(
  t: Case,
  edit: Parameters<Case["container"]>[0] = () => {},
): { container: Container; go: () => void } {
  const container = t.container((c, own) => {
    const ready = "STATUS=begins\n\nREADY=1\nMAINPID=1\nFDSTORE=1";
    c.process.args = [
      "sh",
      "-c",
      `until [ -e /tmp/go ]; do sleep 0.05; done; probe notify "$WORDS"; exec sleep 1000`,
    ];
    c.process.env.push(`WORDS=${ready}`);
    edit(c, own);
  });
  const go = () => assert.succeeds(t.execute(["touch", `${container.rootfs}/tmp/go`]));
  return { container, go };
}

const told = (pid?: number) =>
  `<READY=1\n${pid === undefined ? "" : `MAINPID=${pid}\n`}>\n<BARRIER=1> with a descriptor\n`;

/** What a process has open; it may end meanwhile. */
function openOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

clause(
  "run --detach: returns when the service is ready; that alone is told, with its process",
  async (t) => {
    const { env, heard } = await manager(t);
    const { container, go } = service(t);
    const running = t.start(t.argv(["run", "--detach", "--bundle", container.bundle, container.id]), { env });
    await until("the container", () => container.command("state", container.id).stdout.includes('"running"'));
    assert.is(heard(), "");
    go();
    assert.succeeds(await running.ended);
    assert.is(heard(), told(container.pid()));
    container.delete("--force");
  },
  TERMS,
);

clause(
  "create and start: start returns when the service is ready",
  async (t) => {
    const { env, heard } = await manager(t);
    const { container, go } = service(t);
    await container.create([], { env });
    go();
    assert.succeeds(t.runtime(["start", container.id], { env }));
    assert.is(heard(), told(container.pid()));
    container.delete("--force");
  },
  TERMS,
);

clause(
  "run in the foreground: the command stays the service's main process",
  async (t) => {
    const { env, heard } = await manager(t);
    const { container, go } = service(t);
    const running = container.runInBackground([], { env });
    go();
    await until("the word", () => heard().includes("BARRIER"));
    assert.is(heard(), told());
    container.kill("KILL");
    assert.is((await running.ended).status, 137);
  },
  TERMS,
);

clause(
  "run in the foreground: who waits for the word holds none of the caller's descriptors",
  async (t) => {
    const { env, heard } = await manager(t);
    const { container, go } = service(t);
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    const script = 'ulimit -n 4096; exec 5</dev/zero 3000</dev/zero; exec "$@"';
    const running = t.start(["bash", "-c", script, "bash", ...argv], { env });
    await until("the container", () => container.command("state", container.id).stdout.includes('"running"'));
    const holders = t.processes().filter((pid) => pid !== running.pid && openOf(pid).includes("/dev/zero"));
    assert.equal(holders, []);
    go();
    await until("the word", () => heard().includes("BARRIER"));
    container.kill("KILL");
    assert.is((await running.ended).status, 137);
  },
  TERMS,
);

clause(
  "in a user namespace too",
  async (t) => {
    const { env, heard } = await manager(t);
    const { container, go } = service(t, (c, own) => {
      owned(t, own);
      mapUsers(c);
    });
    go();
    await container.runDetached([], { env });
    assert.is(heard(), told(container.pid()));
    container.delete("--force");
  },
  { needs: ["ocirt", "userns"] },
);

clause(
  "a service that ends without a word keeps nobody waiting, and nobody listening is no failure",
  async (t) => {
    const { env, heard } = await manager(t);
    const silent = t.container((c) => (c.process.args = ["true"]), "-silent");
    await silent.runDetached([], { env });
    assert.is(heard(), "");
    silent.delete("--force");
    const { container, go } = service(t, (c) => c.process.env.push("X=1"));
    go();
    await container.runDetached([], { env: { ...env, NOTIFY_SOCKET: t.path("nobody.sock") } });
    container.delete("--force");
  },
  TERMS,
);

conclude();
