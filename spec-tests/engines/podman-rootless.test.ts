/** podman of an ordinary user, with subordinate ids: the runtime is root of podman's user namespace. */
import { chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import { assert } from "../harness/assert.ts";
import type { Options } from "../harness/command.ts";
import { runtimeName, runtimePath } from "../harness/runtime.ts";
import { BOX, HELLO, machineWithImages, ocirtTest } from "./fixture.ts";
import type { Machine } from "./machine.ts";

let machine: Machine;

const USER = 54321;
/** The files in which users are, and the lines of this test's. */
const LINES = {
  passwd: (home: string) => `tester:x:${USER}:${USER}::${home}:/bin/sh\n`,
  group: () => `tester:x:${USER}:\n`,
  subuid: () => "tester:600000:65536\n",
  subgid: () => "tester:600000:65536\n",
} as const;

const CONF = `[containers]
default_ulimits = ["nofile=1000:1000", "nproc=1000:1000"]
[engine]
runtime_supports_json = ["${runtimeName}", "crun", "runc"]
runtime_supports_nocgroups = ["${runtimeName}", "crun"]
`;

/** The user's own environment and no other. */
function podman(args: readonly string[], options: Options = {}) {
  const home = machine.path("home");
  const env = [
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    `HOME=${home}`,
    `XDG_RUNTIME_DIR=/run/user/${USER}`,
    `CONTAINERS_CONF=${machine.path("containers.conf")}`,
    "PODMAN_IGNORE_CGROUPSV1_WARNING=1",
  ];
  const user = ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "env", "-i", ...env];
  const ways = ["--storage-driver=vfs", "--cgroup-manager=cgroupfs", "--events-backend=file"];
  const runtime = ["--runtime", machine.path(runtimeName)];
  return machine.run([...user, "podman", ...ways, ...runtime, ...args], { cwd: home, ...options });
}

const ok = (...args: string[]) => assert.succeeds(podman(args), `podman ${args.join(" ")}`).stdout.trimEnd();

test.before(async () => {
  const made = await machineWithImages();
  machine = made.machine;
  const home = machine.path("home");
  mkdirSync(home);
  chownSync(home, USER, USER);
  writeFileSync(machine.path("containers.conf"), CONF);
  // The checkout may be where nobody else may look.
  copyFileSync(runtimePath, machine.path(runtimeName));
  for (const [name, line] of Object.entries(LINES)) {
    const before = existsSync(`/etc/${name}`) ? readFileSync(`/etc/${name}`, "utf8") : "";
    writeFileSync(machine.path(name), before + line(home));
    const bind = `[ -e /etc/${name} ] || : >/etc/${name}; mount --bind ${machine.path(name)} /etc/${name}`;
    assert.succeeds(machine.run(["sh", "-c", bind]));
  }
  const own = `mkdir -p /run/user/${USER} && chown ${USER}:${USER} /run/user/${USER} && chmod 700 /run/user/${USER}`;
  assert.succeeds(machine.run(["sh", "-c", own]));
  ok("load", "--input", made.images.box);
  ok("load", "--input", made.images.hello);
});

test.after(() => machine.stop());

test("run: output, exit code, the user's ids", () => {
  const result = podman([
    "run",
    "--rm",
    "--network",
    "none",
    BOX,
    "sh",
    "-c",
    "echo out; cat /proc/self/uid_map; exit 7",
  ]);
  assert.is(result.status, 7, result.stderr);
  assert.match(result.stdout, new RegExp(`^out\n +0 +${USER} +1\n +1 +600000 +65536\n`));
});

test("run: the caller's own id, a terminal, a program that is not there", () => {
  assert.match(
    ok("run", "--rm", "--network", "none", "--userns", "keep-id", BOX, "id"),
    new RegExp(`uid=${USER}`),
  );
  assert.match(ok("run", "--rm", "--network", "none", "-t", BOX, "tty"), /^\/dev\/pts\/0/);
  assert.is(podman(["run", "--rm", "--network", "none", BOX, "no-such-program"]).status, 127);
});

test("a container that stays: exec, logs, kill, inspect, remove; its state is the user's", () => {
  ok("run", "--detach", "--name", "stays", "--network", "none", BOX, "sh", "-c", "echo up; exec sleep 1000");
  const result = podman(["exec", "--user", "1000", "stays", "sh", "-c", "id -u; exit 5"]);
  assert.equal([result.status, result.stdout], [5, "1000\n"]);
  assert.is(ok("logs", "stays"), "up");
  if (runtimeName === "ocirt") {
    const { stdout } = machine.run(["ls", `/run/user/${USER}/ocirt`]);
    assert.is(stdout.trim(), ok("inspect", "--format", "{{.Id}}", "stays"));
  }
  ok("kill", "--signal", "KILL", "stays");
  assert.is(ok("wait", "stays"), "137");
  ok("rm", "stays");
});

test("a pod: two containers share their namespaces", () => {
  ok(
    "pod",
    "create",
    "--name",
    "pod",
    "--network",
    "none",
    "--infra-image",
    BOX,
    "--infra-command",
    "sleep 1000",
  );
  ok("run", "--detach", "--pod", "pod", "--name", "one", BOX, "sleep", "1000");
  const network = (name: string) => ok("exec", name, "readlink", "/proc/self/ns/net");
  ok("run", "--detach", "--pod", "pod", "--name", "two", BOX, "sleep", "1000");
  assert.is(network("one"), network("two"));
  ok("pod", "rm", "--force", "--time", "0", "pod");
});

test("build: the commands of a Containerfile run by the runtime", () => {
  writeFileSync(machine.path("Containerfile"), `FROM ${BOX}\nRUN id -u >/made\n`);
  ok(
    "build",
    "--isolation=oci",
    "--network=none",
    "--tag",
    "built",
    "--file",
    machine.path("Containerfile"),
    machine.path("home"),
  );
  assert.is(ok("run", "--rm", "--network", "none", "built", "cat", "/made"), "0");
});

ocirtTest("a Wasm module", () => {
  const annotation = "module.wasm.image/variant=compat";
  assert.is(ok("run", "--rm", "--network", "none", "--annotation", annotation, HELLO), "hello, world");
});

test("nothing is left of it", async () => {
  assert.is(ok("ps", "--all", "--quiet"), "");
  await machine.assertGone("processes", () => machine.processes(/conmon|sleep 1000/));
  await machine.assertGone("state", () => {
    const { stdout } = machine.run(["sh", "-c", `ls /run/user/${USER}/${runtimeName} 2>/dev/null || true`]);
    return stdout.split("\n").filter((line) => line !== "");
  });
});

test.run();
