import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { seccompFlagsSupported } from "../native/features.ts";
import { mountOptionNames } from "../plan/mount-options.ts";
import { FEATURES, versionText } from "./feature-table.ts";
import { features } from "./features.ts";

const top = join(import.meta.dirname, "../..");

test("features satisfies the specification's schema", () => {
  const directory = join(top, "schemas");
  const schemas = readdirSync(directory).map((name) =>
    JSON.parse(readFileSync(join(directory, name), "utf8")),
  );
  const ajv = new Ajv({ schemas, strict: false, allErrors: true });
  const valid = ajv.validate("features.json", JSON.parse(JSON.stringify(features())));
  assert.is(valid, true, ajv.errorsText());
});

test("mount options are those that the planner takes, in order", () => {
  const { mountOptions = [], linux } = features();
  assert.equal(mountOptions, mountOptionNames());
  for (const option of ["ro", "rro", "rbind", "rprivate", "nosuid", "strictatime"]) {
    assert.ok(mountOptions.includes(option), option);
  }
  assert.is(linux?.mountExtensions?.idmap?.enabled, mountOptions.includes("idmap"));
});

test("seccomp's supported flags are asked of the kernel", () => {
  const { seccomp } = features().linux ?? {};
  const [major = 0, minor = 0] = readFileSync("/proc/sys/kernel/osrelease", "utf8")
    .split(".")
    .map(Number.parseFloat);
  const since = {
    SECCOMP_FILTER_FLAG_TSYNC: [3, 17],
    SECCOMP_FILTER_FLAG_LOG: [4, 14],
    SECCOMP_FILTER_FLAG_SPEC_ALLOW: [4, 17],
    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: [5, 19],
  };
  const expected = Object.entries(since).flatMap(([flag, [first = 0, second = 0]]) =>
    major > first || (major === first && minor >= second) ? [flag] : [],
  );
  assert.equal([...(seccomp?.supportedFlags ?? [])].sort(), expected.sort());
  assert.equal([...(seccomp?.knownFlags ?? [])].sort(), Object.keys(since).sort());
  assert.is(seccompFlagsSupported(1 << 30), false);
});

test("the version's words are the features that are there", () => {
  const [name = "", commit = "", spec, words, end] = versionText().split("\n");
  assert.match(name, /^ocirt version \S+$/);
  assert.match(commit, /^commit: \w+$/);
  assert.is(spec, "spec: 1.3.0");
  assert.is(words, "+APPARMOR +CAP +CGROUP +CRIU +EBPF +SECCOMP +SELINUX +SYSTEMD +WASM:ocirt");
  assert.is(end, "");
  const { linux, annotations } = features();
  assert.is(linux?.seccomp?.enabled, words?.includes("+SECCOMP"));
  assert.is(linux?.cgroup?.systemd, words?.includes("+SYSTEMD"));
  assert.is(linux?.apparmor?.enabled, words?.includes("+APPARMOR"));
  assert.is(linux?.selinux?.enabled, words?.includes("+SELINUX"));
  assert.is(annotations?.["run.ocirt.wasm"], String(FEATURES["WASM:ocirt"]));
  assert.is(annotations?.["org.opencontainers.runc.checkpoint.enabled"], String(FEATURES.CRIU));
});

test("the command prints what the function returns, as JSON", () => {
  const { run } = { run: join(top, "src/cli/commands/features.ts") };
  const script = `import { run } from ${JSON.stringify(run)}; run();`;
  const printed = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" });
  assert.equal(JSON.parse(printed), JSON.parse(JSON.stringify(features())));
});

test.run();
