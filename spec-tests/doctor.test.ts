/** `doctor` on this host, and where something is missing. */
import { readdirSync } from "node:fs";
import { assert, clause, conclude, type Terms } from "./harness/index.ts";

const OWN: Terms = { needs: ["ocirt"] };

interface Finding {
  readonly name: string;
  readonly status: string;
  readonly affects?: string;
  readonly remedy?: string;
}

const statusOf = (stdout: string, name: string): string | undefined =>
  (JSON.parse(stdout) as Finding[]).find((one) => one.name === name)?.status;

clause(
  "doctor: a host that runs these tests has no failure, and nothing is made",
  (t) => {
    const result = assert.succeeds(t.runtime(["doctor", "--json"]));
    for (const name of ["clone3", "memfd exec", "mnt namespace", "cgroups", "state directory"])
      assert.is(statusOf(result.stdout, name), "ok", name);
    for (const { status, affects, remedy } of JSON.parse(result.stdout) as Finding[])
      if (status !== "ok") assert.ok(affects && remedy);
    assert.equal(readdirSync(t.stateRoot), []);
    assert.match(
      assert.succeeds(t.runtime(["doctor"])).stdout,
      /^ok +kernel: .*\n(.*\n)* *\d+ checks: 0 failures, /,
    );
  },
  OWN,
);

clause(
  "doctor: without a mounted cgroup hierarchy it fails, and with --cgroup-manager=disabled it does not",
  (t) => {
    const hidden = ["unshare", "-m", "sh", "-c", 'umount -R -l /sys/fs/cgroup && exec "$@"', "sh"];
    const failed = t.execute([...hidden, ...t.argv(["doctor", "--json"])]);
    assert.is(failed.status, 1, failed.stderr);
    assert.is(statusOf(failed.stdout, "cgroups"), "failure");
    assert.succeeds(t.execute([...hidden, ...t.argv(["--cgroup-manager=disabled", "doctor"])]));
  },
  OWN,
);

clause(
  "doctor: a state directory that can't be written is a failure",
  (t) => {
    const argv = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o ro none "$0" && exec "$@"', t.stateRoot];
    const result = t.execute([...argv, ...t.argv(["doctor", "--json"])]);
    assert.is(result.status, 1, result.stderr);
    assert.is(statusOf(result.stdout, "state directory"), "failure");
  },
  OWN,
);

conclude();
