import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseSpec } from "./load.ts";
import { checkSemantics } from "./semantics.ts";
import { config, errorOf } from "./testing.ts";
import type { Linux, Spec } from "./types.ts";

const BASE = JSON.parse(config()) as Spec;
const ALL = (["mount", "pid", "uts", "ipc", "network", "user", "time"] as const).map((type) => ({ type }));

const findings = (members: object) =>
  checkSemantics({ ...BASE, ...members }).map(({ pointer, text }) => `${pointer}: ${text}`);
const inLinux = (linux: Linux) => findings({ linux: { namespaces: [{ type: "mount" }], ...linux } });

test("nothing is said of what is right", () => {
  assert.equal(findings({}), []);
  assert.equal(
    findings({
      hostname: "h",
      domainname: "d",
      annotations: { a: "" },
      mounts: [{ destination: "/m", uidMappings: [], gidMappings: [] }],
      process: {
        cwd: "/",
        user: { uid: 5, gid: 9 },
        rlimits: [
          { type: "RLIMIT_CORE", soft: 1, hard: 1n },
          { type: "RLIMIT_CPU", soft: 0, hard: 1 },
        ],
        scheduler: { policy: "SCHED_FIFO", priority: 1, runtime: 0 },
      },
      linux: {
        namespaces: ALL,
        uidMappings: [
          { containerID: 0, hostID: 1000, size: 6 },
          { containerID: 6, hostID: 0, size: 1000 },
        ],
        gidMappings: [{ containerID: 0, hostID: 0, size: 4294967295 }],
        timeOffsets: { monotonic: { secs: 1 }, boottime: {} },
        sysctl: {
          "net.ipv4.ip_forward": "1",
          "kernel/sem": "1 2",
          "fs.mqueue.msg_max": "1",
          "net/ipv4/conf/eth0.1/x": "",
        },
        devices: [
          { type: "p", path: "/p" },
          { type: "c", path: "/c", major: 0, minor: 0 },
        ],
        maskedPaths: ["/proc/kcore"],
        netDevices: { eth0: { name: "eth1" }, eth1: { name: "eth0" }, eth2: {} },
        resources: {
          memory: { limit: -1, swap: 0 },
          rdma: { mlx: { hcaObjects: 1 } },
          blockIO: { weightDevice: [{ major: 8, minor: 0, leafWeight: 1 }] },
        },
        seccomp: {
          defaultAction: "SCMP_ACT_ERRNO",
          defaultErrnoRet: 38,
          listenerPath: "/s",
          listenerMetadata: "m",
          syscalls: [
            { names: ["mkdir"], action: "SCMP_ACT_NOTIFY" },
            { names: ["write"], action: "SCMP_ACT_TRACE", errnoRet: 1 },
          ],
        },
      },
    }),
    [],
  );
});

test("root", () => {
  const { root: _, ...rest } = BASE;
  assert.equal(checkSemantics(rest), [{ pointer: "/root", text: "required on Linux, but missing" }]);
});

test("annotations have keys", () => {
  assert.equal(findings({ annotations: { "": "x" } }), ["/annotations/: expected a key that is not empty"]);
});

test("the mappings of a mount are of both kinds", () => {
  const mapping = [{ containerID: 0, hostID: 0, size: 1 }];
  assert.equal(findings({ mounts: [{ destination: "/a" }, { destination: "/m", uidMappings: mapping }] }), [
    "/mounts/1/uidMappings: needs gidMappings beside it",
  ]);
  assert.equal(findings({ mounts: [{ destination: "/m", gidMappings: mapping }] }), [
    "/mounts/0/gidMappings: needs uidMappings beside it",
  ]);
});

test("rlimits", () => {
  const rlimits = [
    { type: "RLIMIT_CORE", soft: 2n, hard: 1 },
    { type: "RLIMIT_CORE", soft: 1, hard: 1 },
  ];
  assert.equal(findings({ process: { cwd: "/", rlimits } }), [
    "/process/rlimits/0/soft: expected at most the hard limit 1, found 2",
    "/process/rlimits/1/type: RLIMIT_CORE is there twice",
  ]);
});

test("the scheduler's members fit its policy", () => {
  const scheduler = { policy: "SCHED_BATCH", priority: 1, runtime: 2, deadline: 3n, period: 0 };
  assert.equal(findings({ process: { cwd: "/", scheduler } }), [
    "/process/scheduler/priority: needs the policy SCHED_FIFO or SCHED_RR, found SCHED_BATCH",
    "/process/scheduler/runtime: needs the policy SCHED_DEADLINE, found SCHED_BATCH",
    "/process/scheduler/deadline: needs the policy SCHED_DEADLINE, found SCHED_BATCH",
  ]);
});

test("a new user namespace maps the process's user", () => {
  const linux: Linux = {
    namespaces: [{ type: "mount" }, { type: "user" }],
    uidMappings: [{ containerID: 0, hostID: 1000, size: 5 }],
    gidMappings: [{ containerID: 10, hostID: 1000, size: 1 }],
  };
  assert.equal(findings({ process: { cwd: "/", user: { uid: 5 } }, linux }), [
    "/process/user/uid: expected an id that linux.uidMappings maps, found 5",
    "/process/user/gid: expected an id that linux.gidMappings maps, found 0",
  ]);
  const joined: Linux = {
    ...linux,
    namespaces: [{ type: "mount" }, { type: "user", path: "/proc/1/ns/user" }],
  };
  assert.equal(findings({ process: { cwd: "/", user: { uid: 5 } }, linux: joined }), []);
  assert.equal(findings({ linux: { namespaces: linux.namespaces } }), []);
});

test("a namespace is there once", () => {
  assert.equal(inLinux({ namespaces: [{ type: "pid" }, { type: "pid", path: "/p" }] }), [
    "/linux/namespaces/1: the namespace `pid` is there twice",
  ]);
});

test("what belongs to a namespace needs it", () => {
  const need = (type: string) => `needs a ${type} namespace, which linux.namespaces does not have`;
  const linux: Linux = {
    namespaces: [],
    maskedPaths: ["/a"],
    readonlyPaths: ["/b"],
    uidMappings: [{ containerID: 0, hostID: 0, size: 1 }],
    gidMappings: [{ containerID: 0, hostID: 0, size: 1 }],
    timeOffsets: { boottime: {} },
    sysctl: { "net.core.somaxconn": "1", "kernel.shmmax": "2", "fs/mqueue/x": "3", "kernel.domainname": "d" },
    netDevices: { eth0: {} },
  };
  assert.equal(findings({ hostname: "h", domainname: "", linux }), [
    `/hostname: ${need("uts")}`,
    `/linux/maskedPaths: ${need("mount")}`,
    `/linux/readonlyPaths: ${need("mount")}`,
    `/linux/uidMappings: ${need("user")}`,
    `/linux/gidMappings: ${need("user")}`,
    `/linux/timeOffsets: ${need("time")}`,
    `/linux/sysctl/net.core.somaxconn: ${need("network")}`,
    `/linux/sysctl/kernel.shmmax: ${need("ipc")}`,
    `/linux/sysctl/fs~1mqueue~1x: ${need("ipc")}`,
    `/linux/sysctl/kernel.domainname: ${need("uts")}`,
    `/linux/netDevices: ${need("network")}`,
  ]);
  assert.equal(findings({ domainname: "d" }), [`/domainname: ${need("uts")}`]);
});

test("id mappings neither overlap nor end beyond the last id", () => {
  const uidMappings = [
    { containerID: 0, hostID: 100, size: 10 },
    { containerID: 9, hostID: 200, size: 1 },
    { containerID: 20, hostID: 4294967295, size: 2 },
    { containerID: 30, hostID: 109, size: 1 },
  ];
  assert.equal(inLinux({ namespaces: [{ type: "mount" }, { type: "user" }], uidMappings }), [
    "/linux/uidMappings/1/containerID: overlaps with /linux/uidMappings/0",
    "/linux/uidMappings/2/size: hostID and size go beyond the last id 4294967295",
    "/linux/uidMappings/3/hostID: overlaps with /linux/uidMappings/0",
  ]);
});

test("offsets are of known clocks, in a new time namespace", () => {
  assert.equal(
    inLinux({
      namespaces: [{ type: "time", path: "/proc/1/ns/time" }],
      timeOffsets: { realtime: { secs: 1 } },
    }),
    [
      "/linux/timeOffsets: a time namespace that is joined takes no offsets",
      "/linux/timeOffsets/realtime: expected the clock `monotonic` or `boottime`, found `realtime`",
    ],
  );
});

test("a sysctl of the whole host is refused, and one with a member of its own", () => {
  const sysctl = {
    "kernel.hostname": "h",
    "kernel.domainname": "d",
    "vm.swappiness": "1",
    "net/../vm/swappiness": "1",
    "net..vm": "1",
    net: "1",
    constructor: "1",
  };
  const host = (key: string) =>
    `the sysctl \`${key}\` is not in a namespace, and would be set for the whole host`;
  assert.equal(findings({ domainname: "d", linux: { namespaces: ALL, sysctl } }), [
    "/linux/sysctl/kernel.hostname: conflicts with `hostname`, which sets it",
    "/linux/sysctl/kernel.domainname: conflicts with `domainname`, which sets it too",
    `/linux/sysctl/vm.swappiness: ${host("vm.swappiness")}`,
    `/linux/sysctl/net~1..~1vm~1swappiness: ${host("net/../vm/swappiness")}`,
    `/linux/sysctl/net..vm: ${host("net..vm")}`,
    `/linux/sysctl/net: ${host("net")}`,
    `/linux/sysctl/constructor: ${host("constructor")}`,
  ]);
});

test("network devices have names that the kernel takes, each once", () => {
  const netDevices = { "a/b": {}, eth0: { name: "eth1" }, eth1: {}, eth2: { name: "sixteen-letters-" } };
  assert.equal(inLinux({ namespaces: [{ type: "mount" }, { type: "network" }], netDevices }), [
    "/linux/netDevices/a~1b: `a/b` is no name of a network interface",
    "/linux/netDevices/eth1: the interface `eth1` is there twice in the container",
    "/linux/netDevices/eth2/name: `sixteen-letters-` is no name of a network interface",
  ]);
});

test("devices and limits", () => {
  assert.equal(
    inLinux({
      devices: [{ type: "b", path: "/b", major: 1 }],
      resources: {
        memory: { limit: -2, swap: -1 },
        rdma: { "a/b": {} },
        blockIO: { weightDevice: [{ major: 8, minor: 0 }] },
      },
    }),
    [
      "/linux/devices/0/minor: required for the type `b`, but missing",
      "/linux/resources/blockIO/weightDevice/0: expected weight, leafWeight or both, found neither",
      "/linux/resources/rdma/a~1b: expected hcaHandles, hcaObjects or both, found neither",
      "/linux/resources/memory/limit: expected bytes, or -1 for no limit, found -2",
    ],
  );
});

test("seccomp", () => {
  assert.equal(
    inLinux({
      seccomp: {
        defaultAction: "SCMP_ACT_NOTIFY",
        defaultErrnoRet: 1,
        listenerMetadata: "m",
        syscalls: [
          { names: ["read"], action: "SCMP_ACT_ALLOW", errnoRet: 1 },
          { names: ["read", "write"], action: "SCMP_ACT_NOTIFY" },
        ],
      },
    }),
    [
      "/linux/seccomp/defaultErrnoRet: SCMP_ACT_NOTIFY takes no errno",
      "/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be used as the default action",
      "/linux/seccomp/listenerMetadata: needs listenerPath beside it",
      "/linux/seccomp/syscalls/0/errnoRet: SCMP_ACT_ALLOW takes no errno",
      "/linux/seccomp/syscalls/1/action: SCMP_ACT_NOTIFY needs seccomp.listenerPath",
      "/linux/seccomp/syscalls/1/action: SCMP_ACT_NOTIFY cannot be used for the write syscall",
    ],
  );
});

test("a check is left out where what it reads is at fault already", () => {
  const spec = { ...BASE, hostname: "h", process: { cwd: "/", rlimits: "none" } } as unknown as Spec;
  assert.equal(checkSemantics(spec, ["/process/rlimits"]).length, 1);
  assert.equal(checkSemantics(spec, ["/process", "/hostname"]), []);
  assert.equal(checkSemantics(spec, ["/process/rlimits/0/soft", "/linux/namespaces/0"]), []);
  assert.equal(checkSemantics(spec, [""]), []);
});

test("a check and the schema speak in the same error", () => {
  assert.is(
    errorOf(() => parseSpec(config({ hostname: "h", linux: { maskedPaths: ["a"], namespaces: [] } }), "c")),
    `validate \`c\`: 2 problems
  line 1, column 108: /linux/maskedPaths/0: expected an absolute path, found "a"
  line 1, column 141: /hostname: needs a uts namespace, which linux.namespaces does not have`,
  );
});

test.run();
