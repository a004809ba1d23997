import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import type { Device, DeviceRule } from "../spec/types.ts";
import { type DevicePolicy, devicePolicy, deviceWrites, parseDevicesList } from "./devices.ts";

const DENY_ALL: DeviceRule = { allow: false, access: "rwm" };
const ALLOW_ALL: DeviceRule = { allow: true, access: "rwm" };

const written = (policy: DevicePolicy, current?: DevicePolicy) =>
  deviceWrites(policy, current).map(({ file, value }) => `${file.slice("devices.".length)} ${value}`);

const DEFAULTS = [
  "allow c *:* m",
  "allow b *:* m",
  "allow c 1:3 rwm",
  "allow c 1:8 rwm",
  "allow c 1:7 rwm",
  "allow c 5:0 rwm",
  "allow c 1:5 rwm",
  "allow c 1:9 rwm",
  "allow c 136:* rwm",
  "allow c 5:2 rwm",
  "allow c 10:200 rwm",
];

test("no rules, and deny all: the default devices and no others", () => {
  assert.equal(written(devicePolicy([], [])), ["deny a *:* rwm", ...DEFAULTS]);
  assert.equal(written(devicePolicy([DENY_ALL], [])), ["deny a *:* rwm", ...DEFAULTS]);
});

test("allow all needs no exceptions", () => {
  assert.equal(written(devicePolicy([DENY_ALL, ALLOW_ALL], [])), ["allow a *:* rwm"]);
});

test("deny after allow all is an exception, and a default device takes it back", () => {
  const rules: DeviceRule[] = [
    ALLOW_ALL,
    { allow: false, type: "b", major: 8, access: "w" },
    { allow: false, type: "c", major: 1, minor: 3, access: "rw" },
  ];
  assert.equal(written(devicePolicy(rules, [])), ["allow a *:* rwm", "deny b 8:* w"]);
});

test("accesses add up; removing some leaves the others; removing what is not there is fine", () => {
  const rules: DeviceRule[] = [
    DENY_ALL,
    { allow: true, type: "c", major: 10, minor: 229, access: "r" },
    { allow: true, type: "c", major: 10, minor: 229, access: "wm" },
    { allow: false, type: "c", major: 10, minor: 229, access: "m" },
    { allow: false, type: "c", major: 10, minor: 201, access: "rwm" },
  ];
  assert.ok(written(devicePolicy(rules, [])).includes("allow c 10:229 rw"));
  assert.not(written(devicePolicy(rules, [])).join().includes("10:201"));
});

test("a rule of all types with a number or a part of the access is one for each type", () => {
  const rules: DeviceRule[] = [DENY_ALL, { allow: true, major: 10, minor: 5, access: "r" }];
  const writes = written(devicePolicy(rules, []));
  assert.ok(writes.includes("allow b 10:5 r") && writes.includes("allow c 10:5 r"));
  assert.is(writes.length, 1 + DEFAULTS.length + 2);
});

test("-1 means all, and an absent access too", () => {
  const writes = written(devicePolicy([DENY_ALL, { allow: true, type: "c", major: -1, minor: 7 }], []));
  assert.ok(writes.includes("allow c *:7 rwm"));
});

test("a device of the config replaces the default of its path", () => {
  const device: Device = { path: "/dev/null", type: "c", major: 1, minor: 3 };
  const expected = ["deny a *:* rwm", ...DEFAULTS].filter((one) => one !== "allow c 1:3 rwm");
  assert.equal(written(devicePolicy([], [device])), expected);
});

const refused: [DeviceRule[], pointer: string, reason: string][] = [
  [
    [DENY_ALL, { allow: true, type: "c", access: "r" }, { allow: false, type: "c", major: 5, access: "r" }],
    "/linux/resources/devices/2",
    "it takes devices out of an earlier, wider rule, which cgroups cannot do",
  ],
  [
    [{ allow: true, type: "p", access: "r" }],
    "/linux/resources/devices/0/type",
    "`p` is no type of device that can be allowed",
  ],
  [[{ allow: true, access: "rx" }], "/linux/resources/devices/0/access", "`x` is not one of r, w and m"],
  [
    [{ allow: true, type: "c", major: 2 ** 32, access: "r" }],
    "/linux/resources/devices/0/major",
    "no device has the number 4294967296",
  ],
];

for (const [rules, pointer, reason] of refused) {
  test(`${pointer} is refused: ${reason}`, () => {
    try {
      devicePolicy(rules, []);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, OcirtError);
      const { facts } = error as OcirtError;
      assert.equal([facts.pointer, facts.reason], [pointer, reason]);
    }
  });
}

test("from a cgroup that denies by default only the difference is written, dropped devices first", () => {
  const current = parseDevicesList("c 1:3 rwm\nc 10:229 rw\nb 8:0 r\n");
  const rules: DeviceRule[] = [DENY_ALL, { allow: true, type: "b", major: 8, minor: 0, access: "rw" }];
  const expected = [
    "deny c 10:229 rw",
    ...DEFAULTS.filter((one) => one !== "allow c 1:3 rwm"),
    "allow b 8:0 w",
  ];
  assert.equal(written(devicePolicy(rules, []), current).sort(), expected.sort());
  assert.is(written(devicePolicy(rules, []), current)[0], "deny c 10:229 rw");
});

test("from a cgroup that allows by default, whose denials nobody can read, it starts anew", () => {
  const current = parseDevicesList("a *:* rwm\n");
  assert.is(current.allowed, true);
  assert.equal(written(devicePolicy([DENY_ALL], []), current), ["deny a *:* rwm", ...DEFAULTS]);
  assert.equal(written(devicePolicy([ALLOW_ALL], []), current), ["allow a *:* rwm"]);
});

test("a cgroup that has the policy already is left alone", () => {
  const list = DEFAULTS.map((one) => one.slice("allow ".length)).join("\n");
  assert.equal(written(devicePolicy([DENY_ALL], []), parseDevicesList(list)), []);
});

test.run();
