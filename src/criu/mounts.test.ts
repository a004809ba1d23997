import { test } from "uvu";
import * as assert from "uvu/assert";
import { externalMounts, parseMountinfo } from "./mounts.ts";

const HOST = parseMountinfo(`21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
22 21 0:6 / /dev rw shared:2 - devtmpfs devtmpfs rw
23 21 0:21 / /sys rw - sysfs sysfs rw
24 23 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
`);
const CONTAINER = parseMountinfo(`66 43 254:0 /b/rootfs / rw - ext4 /dev/vda rw
67 66 0:40 / /proc rw - proc proc rw
68 66 0:41 / /dev rw - tmpfs tmpfs rw
72 66 0:21 / /sys ro - sysfs sysfs rw
74 73 0:29 /c1 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu
83 66 254:0 /etc /with\\040space ro master:1 - ext4 /dev/vda rw
87 67 0:40 /sys /proc/sys ro - proc proc rw
89 67 0:6 /null /proc/keys ro - devtmpfs devtmpfs rw
`);

test("what the host has mounted as well is external, but for what the kernel makes", () => {
  assert.equal(externalMounts(CONTAINER, HOST, false), [
    ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu"],
    ["/with space", "/with space"],
    ["/proc/keys", "/dev/null"],
  ]);
});

test("the cgroups of a cgroup namespace are CRIU's to mount", () => {
  const points = externalMounts(CONTAINER, HOST, true).map(([point]) => point);
  assert.equal(points, ["/with space", "/proc/keys"]);
});

test.run();
