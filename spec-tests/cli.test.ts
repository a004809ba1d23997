/** The command line that engines call: options, output formats and exit codes, as runc and crun have them. */
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { assert, clause, conclude, runtimeName, runtimePath, wasmModule } from "./harness/index.ts";

const sleeper = (c: { process: { args: string[] } }): void => {
  c.process.args = ["sleep", "1000"];
};

clause("--version and -v: name, commit, specification, features", (t) => {
  for (const flag of ["--version", "-v"]) {
    const { stdout } = assert.succeeds(t.execute([runtimePath, flag]));
    assert.match(stdout, /^\w+ version \d+\.\d+/);
    assert.match(stdout, /^commit: \w+/m);
    assert.match(stdout, /^spec: \d+\.\d+\.\d+/m);
    if (runtimeName === "ocirt") assert.match(stdout, /^\+.*SECCOMP.*\+WASM:/m);
  }
});

clause(
  "--help: for the program and for each command",
  (t) => {
    const all = assert.succeeds(t.execute([runtimePath, "--help"])).stdout;
    for (const command of ["create", "start", "run", "state", "kill", "delete", "list", "spec", "features"]) {
      assert.match(all, new RegExp(`\\b${command}\\b`));
      const { stdout } = assert.succeeds(t.execute([runtimePath, command, "--help"]));
      assert.match(stdout, /usage/i);
      assert.match(stdout, new RegExp(`\\b${command}\\b`));
    }
  },
  { differs: { crun: "no features in this version" } },
);

clause("create --pid-file: the number of the init, and no newline", async (t) => {
  const container = t.container(sleeper);
  await container.create(["--pid-file", t.path("pid")]);
  assert.is(readFileSync(t.path("pid"), "utf8"), String(container.pid()));
  await container.remove();
});

clause(
  "run --pid-file: relative to the caller's directory, not the bundle's",
  async (t) => {
    const container = t.container(sleeper);
    await container.runDetached(["--pid-file", "here.pid"], { cwd: t.directory });
    assert.is(readFileSync(t.path("here.pid"), "utf8"), String(container.pid()));
    await container.remove();
  },
  { differs: { crun: "relative to the bundle in this version" } },
);

clause("--bundle: relative to the caller's directory; absolute in the state", async (t) => {
  const container = t.container(sleeper);
  const argv = t.argv(["create", "--bundle", basename(container.bundle), container.id]);
  assert.succeeds(await t.start(argv, { cwd: t.directory }).ended);
  assert.is(container.state().bundle, container.bundle);
  await container.remove();
});

clause("--bundle: the caller's directory without it; -b is the same", async (t) => {
  const container = t.container((c) => (c.process.args = ["echo", "ran"]));
  const plain = t.execute(t.argv(["run", container.id]), { cwd: container.bundle });
  assert.is(assert.succeeds(plain).stdout, "ran\n");
  const short = t.execute(t.argv(["run", "-b", container.bundle, container.id]));
  assert.is(assert.succeeds(short).stdout, "ran\n");
});

clause("options: --name=value", (t) => {
  const container = t.container((c) => (c.process.args = ["echo", "ran"]));
  const result = t.execute(
    t.argv(["run", `--bundle=${container.bundle}`, `--pid-file=${t.path("p")}`, container.id]),
  );
  assert.is(assert.succeeds(result).stdout, "ran\n");
  assert.ok(existsSync(t.path("p")));
});

clause(
  "options: before or after the id",
  (t) => {
    const container = t.container((c) => (c.process.args = ["echo", "ran"]));
    const result = t.execute(t.argv(["run", container.id, "--bundle", container.bundle]));
    assert.is(assert.succeeds(result).stdout, "ran\n");
  },
  { differs: { crun: "only before" } },
);

clause("--root: containers of one root are not another's", async (t) => {
  const container = t.container(sleeper);
  await container.create();
  const argv = t.argv(["state", container.id]);
  argv[argv.indexOf("--root") + 1] = t.path("other-root");
  assert.refuses(t.execute(argv));
  await container.remove();
});

clause("without --root: the state is kept all the same, and is gone with the container", async (t) => {
  const container = t.container(sleeper);
  const bare = (...args: string[]) => t.execute([...t.argv([]).slice(0, -2), ...args]);
  assert.succeeds(bare("run", "--detach", "--bundle", container.bundle, container.id));
  assert.match(assert.succeeds(bare("list", "-q")).stdout, new RegExp(`^${container.id}$`, "m"));
  assert.is(JSON.parse(bare("state", container.id).stdout).status, "running");
  assert.succeeds(bare("delete", "--force", container.id));
  assert.refuses(bare("state", container.id));
});

interface Entry {
  readonly id: string;
  readonly pid: number;
  readonly status: string;
  readonly bundle: string;
  readonly created: string;
}

clause(
  "list: table, json, ids alone; sorted",
  async (t) => {
    const containers = ["-c", "-a", "-b"].map((suffix) => t.container(sleeper, suffix));
    for (const container of containers) await container.create();
    containers[1]?.start();
    const ids = containers.map(({ id }) => id).sort();

    const table = assert
      .succeeds(t.runtime(["list"]))
      .stdout.trim()
      .split("\n");
    assert.match(table[0] ?? "", /^(ID|NAME) +PID +STATUS +BUNDLE +CREATED +OWNER *$/);
    assert.equal(
      table.slice(1).map((line) => line.split(/ +/)[0]),
      ids,
    );
    assert.match(
      table[1] ?? "",
      new RegExp(`^${ids[0]} +\\d+ +running +${t.directory}/bundle-a +\\d{4}-\\d\\d-\\d\\dT\\S+ +root *$`),
    );
    assert.match(table[2] ?? "", / created /);

    const quiet = assert.succeeds(t.runtime(["list", "-q"])).stdout;
    assert.equal(quiet.trim().split("\n"), ids);

    for (const flag of ["-f", "--format"]) {
      const json = JSON.parse(assert.succeeds(t.runtime(["list", flag, "json"])).stdout) as Entry[];
      assert.equal(
        json.map(({ id }) => id),
        ids,
      );
      assert.equal(
        json.map(({ status }) => status),
        ["running", "created", "created"],
      );
      assert.is(json[1]?.pid, containers.find(({ id }) => id === ids[1])?.pid());
      assert.ok(!Number.isNaN(Date.parse(json[0]?.created ?? "")));
    }
    for (const container of containers) container.delete("--force");
  },
  { differs: { crun: "names the columns otherwise" } },
);

clause(
  "list: nothing in an empty root: a header, and an empty array",
  (t) => {
    assert.match(assert.succeeds(t.runtime(["list"])).stdout, /^(ID|NAME) [^\n]*\n$/);
    assert.match(assert.succeeds(t.runtime(["list", "-q"])).stdout, /^\n?$/);
    assert.match(assert.succeeds(t.runtime(["list", "-f", "json"])).stdout, /^(\[\]|null)\n?$/);
  },
  { differs: { crun: "other words" } },
);

clause("list: a format that is not there is an error that names it", (t) => {
  assert.refuses(t.runtime(["list", "--format", "yaml"]), /yaml|format/);
});

clause("exit codes: 1 for an error of the runtime's", async (t) => {
  const container = t.container((c) => (c.process.args = ["/no/such/program"]));
  assert.is(container.run().status, 1);
  assert.is((await container.tryCreate()).status, 1);
  for (const command of ["state", "start", "kill", "delete"]) {
    assert.is(t.runtime([command, "nobody-has-this-id"]).status, 1, command);
  }
});

clause("spec: writes a config.json that runs as it is", (t) => {
  const container = t.container();
  t.execute(["rm", `${container.bundle}/config.json`]);
  assert.succeeds(t.runtime(["spec", "--bundle", container.bundle]));
  const config = JSON.parse(readFileSync(`${container.bundle}/config.json`, "utf8"));
  assert.equal(config.process.args, ["sh"]);
  assert.is(config.root.path, "rootfs");
  config.process.terminal = false;
  config.process.args = ["sh", "-c", "echo $$; id -u; touch /x"];
  container.configure(config);
  const result = container.run();
  assert.is(result.stdout, "1\n0\n");
  assert.match(result.stderr, /Read-only file system/);
});

clause("spec: does not write over a config.json", (t) => {
  const container = t.container();
  const before = readFileSync(`${container.bundle}/config.json`, "utf8");
  assert.refuses(t.runtime(["spec", "--bundle", container.bundle]), /exist/);
  assert.is(readFileSync(`${container.bundle}/config.json`, "utf8"), before);
});

clause(
  "spec --file FILE: relative to the bundle; - prints it; an existing file stays",
  (t) => {
    const container = t.container();
    assert.succeeds(t.runtime(["spec", "--bundle", container.bundle, "--file", "other.json"]));
    const written = readFileSync(`${container.bundle}/other.json`, "utf8");
    assert.is(assert.succeeds(t.runtime(["spec", "--file", "-"])).stdout, written);
    assert.refuses(t.runtime(["spec", "-b", container.bundle, "-f", "other.json"]), /other\.json exists/);
  },
  { needs: ["ocirt"] },
);

clause(
  "spec --rootless: a user namespace with the caller mapped",
  (t) => {
    const container = t.container();
    t.execute(["rm", `${container.bundle}/config.json`]);
    assert.succeeds(t.runtime(["spec", "--rootless", "--bundle", container.bundle]));
    const { linux } = JSON.parse(readFileSync(`${container.bundle}/config.json`, "utf8"));
    assert.ok(linux.namespaces.some(({ type }: { type: string }) => type === "user"));
    assert.equal(linux.uidMappings, [{ containerID: 0, hostID: 0, size: 1 }]);
  },
  { differs: { crun: "maps at run time" } },
);

clause(
  "spec --wasm: a config.json that runs the module",
  (t) => {
    const container = t.container();
    t.execute(["rm", `${container.bundle}/config.json`]);
    copyFileSync(wasmModule(), `${container.bundle}/rootfs/module.wasm`);
    assert.succeeds(t.runtime(["spec", "--wasm", "module.wasm", "--bundle", container.bundle]));
    const config = JSON.parse(readFileSync(`${container.bundle}/config.json`, "utf8"));
    config.process.args.push("exit", "42");
    container.configure(config);
    assert.is(container.run().status, 42);
  },
  { needs: ["wasm", "ocirt"] },
);

clause(
  "completion: a script for each shell that names the program",
  (t) => {
    for (const shell of ["bash", "zsh", "fish"])
      assert.match(assert.succeeds(t.runtime(["completion", shell])).stdout, /ocirt/);
  },
  { needs: ["ocirt"] },
);

clause(
  "features: JSON as features.md has it",
  (t) => {
    const features = JSON.parse(assert.succeeds(t.runtime(["features"])).stdout);
    assert.match(features.ociVersionMin, /^1\.0\.0/);
    assert.match(features.ociVersionMax, /^1\.\d+\.\d+/);
    for (const hook of [
      "prestart",
      "createRuntime",
      "createContainer",
      "startContainer",
      "poststart",
      "poststop",
    ]) {
      assert.ok(features.hooks.includes(hook), hook);
    }
    for (const option of ["ro", "rbind", "nosuid", "rprivate"])
      assert.ok(features.mountOptions.includes(option), option);
    for (const kind of ["pid", "network", "ipc", "uts", "mount", "user"]) {
      assert.ok(features.linux.namespaces.includes(kind), kind);
    }
    assert.ok(features.linux.capabilities.includes("CAP_CHOWN"));
    assert.is(features.linux.seccomp.enabled, true);
    assert.is(features.linux.cgroup.v1, true);
  },
  { differs: { crun: "of a later version" } },
);

clause("state --help is no state", (t) => {
  assert.not.match(assert.succeeds(t.runtime(["state", "--help"])).stdout, /ociVersion":/);
});

clause("the runtime may be called by any name and from any directory", (t) => {
  const container = t.container((c) => (c.process.args = ["echo", "ran"]));
  assert.succeeds(t.execute(["cp", runtimePath, t.path("another-name")]));
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  argv[0] = "./another-name";
  assert.is(assert.succeeds(t.execute(argv, { cwd: t.directory })).stdout, "ran\n");
});

clause("the runtime needs no environment", (t) => {
  const container = t.container((c) => (c.process.args = ["/bin/echo", "ran"]));
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  assert.is(assert.succeeds(t.execute(argv, { env: {} })).stdout, "ran\n");
});

conclude();
