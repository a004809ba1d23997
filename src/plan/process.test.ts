import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Process } from "../spec/types.ts";
import { capabilityMasks, capabilityNames } from "./capabilities.ts";
import {
  candidates,
  environment,
  executeStep,
  homeSteps,
  identitySteps,
  privilegeSteps,
  programArgs,
} from "./process.ts";
import type { Step } from "./steps.ts";

const base: Process = { cwd: "/", args: ["sh"] };
const kinds = (steps: readonly Step[]) => steps.map((step) => step.kind);

test("in env the last setting of a variable is the one, and there once", () => {
  assert.equal(environment(["A=1", "B=2", "A=3"]), ["B=2", "A=3"]);
});

test("a program without a slash is looked up in the container's PATH, an empty entry is the cwd", () => {
  assert.equal(candidates("sh", ["PATH=/bin::/sbin"], "/work"), ["/bin/sh", "/work/sh", "/sbin/sh"]);
  assert.equal(candidates("sh", ["PATH=:"], "/"), ["/sh", "/sh"]);
  assert.equal(candidates("./sh", ["PATH=/bin"], "/"), ["./sh"]);
  assert.ok(candidates("sh", [], "/").includes("/usr/bin/sh"));
});

test("no args, or an empty first one, is an error with its place", () => {
  for (const args of [undefined, [], [""]]) {
    assert.throws(
      () => programArgs(args === undefined ? { cwd: "/" } : { cwd: "/", args }),
      (error: Error) =>
        error.message ===
        'plan the process (config.json /process/args): there is no program to run; give one, as in "args": ["sh"]',
    );
  }
});

test("HOME is looked up where it is absent or empty", () => {
  const home = (env: string[]) => homeSteps({ ...base, env, user: { uid: 7 } });
  assert.equal(home(["HOME=/root"]), []);
  const lookup = [{ kind: "findHome", pointer: "/process/env", uid: 7 }];
  assert.equal(home(["HOME=", "A=1"]), lookup);
  assert.equal(home([]), lookup);
  const step = executeStep({ ...base, env: ["HOME=", "A=1"] });
  assert.equal(step.kind === "execute" ? step.env : [], ["A=1"]);
});

test("limits carry their place; an unknown or repeated one is refused", () => {
  const steps = identitySteps(
    { ...base, rlimits: [{ type: "RLIMIT_NOFILE", soft: 10, hard: 18446744073709551615n }] },
    () => {},
    true,
  );
  assert.equal(steps[1], {
    kind: "rlimit",
    pointer: "/process/rlimits/0",
    resource: 7,
    soft: 10n,
    hard: 0xffff_ffff_ffff_ffffn,
  });
  const twice = { type: "RLIMIT_CORE", soft: 0, hard: 0 };
  assert.throws(
    () => identitySteps({ ...base, rlimits: [twice, twice] }, () => {}, true),
    (error: Error) =>
      error.message ===
      "plan the resource limit `RLIMIT_CORE` (config.json /process/rlimits/1): it is set twice",
  );
});

test("the filter comes before the capabilities go, or last with no_new_privs", () => {
  const filter: Step = { kind: "seccomp", filter: new Uint8Array(8), flags: 0 };
  assert.equal(kinds(privilegeSteps(base, filter)), ["seccomp", "capabilities"]);
  assert.equal(kinds(privilegeSteps({ ...base, noNewPrivileges: true }, filter)), [
    "capabilities",
    "noNewPrivileges",
    "seccomp",
  ]);
  assert.equal(kinds(privilegeSteps(base, undefined)), ["capabilities"]);
});

test("unknown capabilities are warned of by name, once", () => {
  const warnings: string[] = [];
  const masks = capabilityMasks({ bounding: ["CAP_CHOWN", "CAP_NEW"], effective: ["CAP_NEW"] }, (text) =>
    warnings.push(text),
  );
  assert.is(masks.bounding, 1n);
  assert.equal(warnings, ["ignoring unknown capabilities (config.json /process/capabilities): CAP_NEW"]);
});

test("an ambient capability that can't be raised is warned of", () => {
  const warnings: string[] = [];
  const sets = { permitted: ["CAP_KILL"], ambient: ["CAP_KILL"] };
  assert.is(capabilityMasks(sets, (text) => warnings.push(text)).ambient, 0n);
  assert.match(warnings[0] ?? "", /^can't raise ambient capability CAP_KILL: /);
  const granted = capabilityMasks({ ...sets, inheritable: ["CAP_KILL"] }, () => {});
  assert.equal(capabilityNames(granted.ambient), ["CAP_KILL"]);
});

test.run();
