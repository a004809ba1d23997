import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import type { Seccomp } from "../spec/types.ts";
import { needsListener, seccompFlags, seccompRules } from "./seccomp.ts";

const profile = (over: Partial<Seccomp>): Seccomp => ({ defaultAction: "SCMP_ACT_ERRNO", ...over });

/** The facts of the error that `run` throws. */
function facts(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof OcirtError) return error.facts;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("actions carry EPERM unless the config gives an errno", () => {
  const { defaultAction, rules } = seccompRules(
    profile({
      syscalls: [
        { names: ["mount"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
        { names: ["ptrace"], action: "SCMP_ACT_TRACE" },
        { names: ["reboot"], action: "SCMP_ACT_TRACE", errnoRet: 7 },
        { names: ["read"], action: "SCMP_ACT_ALLOW" },
        { names: ["swapon"], action: "SCMP_ACT_KILL_PROCESS" },
      ],
    }),
  );
  assert.is(defaultAction, 0x5_0001);
  assert.equal(
    rules.map(({ name, action }) => [name, action]),
    [
      ["mount", 0x5_0026],
      ["ptrace", 0x7ff0_0001],
      ["reboot", 0x7ff0_0007],
      ["read", 0x7fff_0000],
      ["swapon", 0x8000_0000],
    ],
  );
});

test("KILL and KILL_THREAD are one action", () => {
  const kill = profile({
    defaultAction: "SCMP_ACT_KILL",
    syscalls: [{ names: ["read"], action: "SCMP_ACT_KILL_THREAD" }],
  });
  assert.equal(seccompRules(kill), { defaultAction: 0, architectures: [], rules: [] });
});

test("a rule that repeats the default action is left out, one with another errno is not", () => {
  const { rules } = seccompRules(
    profile({
      defaultErrnoRet: 38,
      syscalls: [
        { names: ["mount"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
        { names: ["umount2"], action: "SCMP_ACT_ERRNO" },
      ],
    }),
  );
  assert.equal(
    rules.map((rule) => rule.name),
    ["umount2"],
  );
});

test("each name is a rule with the place it came from", () => {
  const { rules } = seccompRules(
    profile({
      syscalls: [
        { names: ["read", "write"], action: "SCMP_ACT_ALLOW" },
        {
          names: ["personality"],
          action: "SCMP_ACT_ALLOW",
          args: [{ index: 0, op: "SCMP_CMP_EQ", value: 8 }],
        },
      ],
    }),
  );
  assert.equal(
    rules.map((rule) => rule.pointer),
    [
      "/linux/seccomp/syscalls/0/names/0",
      "/linux/seccomp/syscalls/0/names/1",
      "/linux/seccomp/syscalls/1/names/0",
    ],
  );
  assert.equal(rules[2]?.conditions, [{ index: 0, op: 4, value: 8n, valueTwo: 0n }]);
});

test("conditions on different arguments stay together, several on one argument become rules of their own", () => {
  const arg = (index: number, value: number | bigint) => ({ index, op: "SCMP_CMP_NE" as const, value });
  const conditionsOf = (args: ReturnType<typeof arg>[]) =>
    seccompRules(profile({ syscalls: [{ names: ["socket"], action: "SCMP_ACT_ALLOW", args }] })).rules.map(
      (rule) => rule.conditions.map((one) => [one.index, one.value]),
    );
  assert.equal(conditionsOf([arg(0, 1), arg(1, 2)]), [
    [
      [0, 1n],
      [1, 2n],
    ],
  ]);
  assert.equal(conditionsOf([arg(0, 1), arg(1, 2), arg(0, 3)]), [[[0, 1n]], [[1, 2n]], [[0, 3n]]]);
});

test("64-bit values are exact", () => {
  const value = 0xffff_ffff_ffff_fffen;
  const args = [{ index: 5, op: "SCMP_CMP_MASKED_EQ" as const, value, valueTwo: 2 }];
  const { rules } = seccompRules(
    profile({ syscalls: [{ names: ["clone"], action: "SCMP_ACT_ALLOW", args }] }),
  );
  assert.equal(rules[0]?.conditions, [{ index: 5, op: 7, value, valueTwo: 2n }]);
});

test("architectures become libseccomp's tokens", () => {
  const architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"];
  assert.equal(
    seccompRules(profile({ architectures })).architectures,
    [0xc000_003e, 0x4000_003e, 0xc000_00b7],
  );
});

const refusals: [string, Partial<Seccomp>, pointer: string, reason: string][] = [
  [
    "an unknown default action",
    { defaultAction: "SCMP_ACT_MAYBE" as never },
    "/linux/seccomp/defaultAction",
    "unknown seccomp action `SCMP_ACT_MAYBE`",
  ],
  [
    "a listener for everything",
    { defaultAction: "SCMP_ACT_NOTIFY" },
    "/linux/seccomp/defaultAction",
    "SCMP_ACT_NOTIFY cannot be used as the default action",
  ],
  [
    "a default errno for an action without",
    { defaultAction: "SCMP_ACT_KILL", defaultErrnoRet: 1 },
    "/linux/seccomp/defaultErrnoRet",
    "the action `SCMP_ACT_KILL` takes no errno",
  ],
  [
    "an errno for an action without",
    { syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW", errnoRet: 0 }] },
    "/linux/seccomp/syscalls/0/errnoRet",
    "the action `SCMP_ACT_ALLOW` takes no errno",
  ],
  [
    "too high an errno",
    { defaultErrnoRet: 4096 },
    "/linux/seccomp/defaultErrnoRet",
    "an errno is 0 to 4095, not 4096",
  ],
  [
    "an unknown architecture",
    { architectures: ["SCMP_ARCH_X86_64", "toString"] },
    "/linux/seccomp/architectures/1",
    "unknown seccomp architecture `toString`",
  ],
  [
    "an unknown operator",
    {
      syscalls: [
        {
          names: ["read"],
          action: "SCMP_ACT_ALLOW",
          args: [{ index: 0, op: "SCMP_CMP_ODD" as never, value: 0 }],
        },
      ],
    },
    "/linux/seccomp/syscalls/0/args/0/op",
    "unknown seccomp operator `SCMP_CMP_ODD`",
  ],
  [
    "a seventh argument",
    {
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW", args: [{ index: 6, op: "SCMP_CMP_EQ", value: 0 }] },
      ],
    },
    "/linux/seccomp/syscalls/0/args/0/index",
    "a system call has the arguments 0 to 5, not 6",
  ],
  [
    "a negative value",
    {
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, op: "SCMP_CMP_EQ", value: -1 }] },
      ],
    },
    "/linux/seccomp/syscalls/0/args/0/value",
    "-1 is no 64-bit unsigned number",
  ],
  [
    "write for a listener",
    { syscalls: [{ names: ["read", "write"], action: "SCMP_ACT_NOTIFY" }] },
    "/linux/seccomp/syscalls/0/names/1",
    "SCMP_ACT_NOTIFY cannot be used for the write syscall",
  ],
];

for (const [what, over, pointer, reason] of refusals) {
  test(`${what} is refused by place and name`, () => {
    const { pointer: at, reason: why } = facts(() => seccompRules(profile(over)));
    assert.equal([at, why], [pointer, reason]);
  });
}

test("flags: SPEC_ALLOW unless the config has a list, even an empty one", () => {
  assert.is(seccompFlags(profile({})), 4);
  assert.is(seccompFlags(profile({ flags: [] })), 0);
  assert.is(seccompFlags(profile({ flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"] })), 3);
});

test("flags: a listener adds its own, and keeps the filter from the thread that sends it", () => {
  const syscalls = [{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" as const }];
  assert.ok(needsListener(profile({ syscalls })));
  assert.not(needsListener(profile({ listenerPath: "/run/agent.sock" })));
  assert.is(seccompFlags(profile({ syscalls, flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] })), 8 | 32);
  assert.is(seccompFlags(profile({ syscalls, flags: ["SECCOMP_FILTER_FLAG_TSYNC"] })), 8);
});

test("flags: unknown and useless ones are refused by place and name", () => {
  const unknown = facts(() => seccompFlags(profile({ flags: ["SECCOMP_FILTER_FLAG_NEW_LISTENER"] })));
  assert.is(unknown.pointer, "/linux/seccomp/flags/0");
  assert.is(unknown.reason, "unknown seccomp flag `SECCOMP_FILTER_FLAG_NEW_LISTENER`");
  const useless = facts(() => seccompFlags(profile({ flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] })));
  assert.is(useless.reason, "`SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV` needs a rule with SCMP_ACT_NOTIFY");
});

test.run();
