/**
 * A rootfs that changes while the container is made: names change places all the time, so that what was looked at is
 * not what is opened next. Each container may be refused or made, but never half of one thing and half of another.
 */
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, clause, conclude, outside, until } from "./harness/index.ts";

const ROUNDS = 15;

/** Makes each pair of names change places until the test ends. */
async function exchange(t: Case, names: readonly string[]): Promise<void> {
  const exchanging = t.start([outside, "exchange", ...names]);
  await until("the exchange has begun", () => exchanging.stdout() !== "");
}

clause(
  "mounts: proc is never mounted behind a symlink that took the place of its mount point",
  async (t) => {
    const { rootfs } = t.container();
    rmSync(join(rootfs, "proc"), { recursive: true });
    for (const name of ["proc", "elsewhere"]) mkdirSync(join(rootfs, name));
    symlinkSync("elsewhere", join(rootfs, "other"));
    await exchange(t, [join(rootfs, "proc"), join(rootfs, "other")]);
    let mounted = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const pidFile = t.path(`pid${round}`);
      const container = t.container((c) => {
        c.root.path = rootfs;
        c.process.args = ["true"];
      }, `-${round}`);
      const created = await container.tryCreate(["--pid-file", pidFile]);
      if (created.status !== 0) {
        assert.match(created.stderr, /ordinary directory|proc/);
        continue;
      }
      mounted++;
      const table = readFileSync(`/proc/${readFileSync(pidFile, "utf8")}/mountinfo`, "utf8");
      const points = table.split("\n").filter((line) => line.includes(" - proc proc "));
      container.delete("--force");
      for (const line of points) assert.not.match(line.split(" ")[4] ?? "", /elsewhere/);
    }
    assert.ok(mounted > 0, "no container was made");
  },
  { needs: ["ocirt"] },
);

clause(
  "mounts: tmpcopyup copies a file with the mode and the owner of this file, whatever takes its place meanwhile",
  async (t) => {
    const { rootfs } = t.container();
    const full = join(rootfs, "full");
    mkdirSync(full);
    const pairs: string[] = [];
    for (let i = 0; i < 8; i++) {
      const [closed, open] = [join(full, `a${i}`), join(full, `b${i}`)];
      writeFileSync(closed, "600\n");
      chmodSync(closed, 0o600);
      writeFileSync(open, "4755\n");
      chmodSync(open, 0o4755);
      pairs.push(closed, open);
    }
    await exchange(t, pairs);
    const script =
      'cd /full && for f in *; do read m <$f; [ "$(stat -c %a $f)" = $m ] || echo "$f $m"; done; ls | wc -l';
    for (let round = 0; round < ROUNDS; round++) {
      const container = t.container((c) => {
        c.root.path = rootfs;
        c.process.args = ["sh", "-c", script];
        c.mounts.push({ destination: "/full", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"] });
      }, `-${round}`);
      assert.is(assert.succeeds(container.run()).stdout, "16\n");
    }
  },
  { needs: ["ocirt"] },
);

conclude();
