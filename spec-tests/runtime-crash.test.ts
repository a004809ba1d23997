/** A command that is killed at whatever moment leaves something that `delete --force` removes completely. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Container, clause, conclude, until } from "./harness/index.ts";

/** The system calls by which a command changes something, or waits for somebody. */
const CALLS = [
  "mkdir",
  "open",
  "openat",
  "write",
  "rename",
  "rmdir",
  "unlink",
  "unlinkat",
  "flock",
  "clone3",
  "socketpair",
  "bind",
  "connect",
  "sendto",
  "sendmsg",
  "recvmsg",
  "pidfd_send_signal",
  "exit_group",
];

/** strace without -f: only the command itself is traced, and killed. */
const traced = (log: string, ...options: string[]) => ["strace", "-qq", "-o", log, ...options];

/** How often the command makes each of the calls. */
async function countCalls(t: Case, argv: readonly string[]): Promise<Map<string, number>> {
  const log = t.path("calls");
  const command = t.start([...traced(log, "-e", `trace=${CALLS.join(",")}`), ...argv]);
  assert.succeeds(await command.ended);
  const counts = new Map<string, number>();
  for (const [, name = ""] of readFileSync(log, "utf8").matchAll(/^(\w+)\(/gm)) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

interface Series {
  /** What is there before the command. */
  readonly before: (container: Container) => Promise<void>;
  readonly command: readonly string[];
}

function series(name: string, { before, command }: Series): void {
  clause(
    `${name}: killed at each system call, its container is removed by delete --force`,
    async (t) => {
      const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
      const argv = t
        .argv([...command, container.id])
        .map((word) => (word === "BUNDLE" ? container.bundle : word));
      const directory = join(t.stateRoot, container.id);
      const clean = async (moment: string): Promise<void> => {
        assert.succeeds(container.command("delete", "--force", container.id), moment);
        assert.not.ok(existsSync(directory), moment);
        // An init whose creator is gone ends by itself.
        await until(`no process after ${moment}`, () => t.processes().length === 0);
      };
      await before(container);
      const counts = await countCalls(t, argv);
      await clean("the whole command");
      let killed = 0;
      for (const [call, count] of counts) {
        for (let when = 1; when <= count; when++) {
          const moment = `${call} number ${when} of ${count}`;
          await before(container);
          const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${when}`];
          const result = await t.start([...traced("/dev/null", ...inject), ...argv]).ended;
          if (result.status === 137) killed++;
          await clean(moment);
        }
      }
      assert.ok(killed > 10, `killed only ${killed} times`);
      await t.assertNothingLeft();
    },
    { needs: ["ocirt"] },
  );
}

const nothing = async (): Promise<void> => {};

series("create", { before: nothing, command: ["create", "--bundle", "BUNDLE"] });
series("run --detach", { before: nothing, command: ["run", "--detach", "--bundle", "BUNDLE"] });
series("start", { before: (container) => container.create(), command: ["start"] });
series("delete --force", { before: (container) => container.runDetached(), command: ["delete", "--force"] });

conclude();
