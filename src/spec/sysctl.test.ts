import { test } from "uvu";
import * as assert from "uvu/assert";
import { sysctlNamespace } from "./sysctl.ts";

test("the first separator decides, the other one stands for itself", () => {
  assert.equal(sysctlNamespace("net.ipv4.ip_forward"), {
    name: "net.ipv4.ip_forward",
    file: "net/ipv4/ip_forward",
    namespace: "network",
  });
  const vlan = {
    name: "net.ipv4.conf.eth0/100.rp_filter",
    file: "net/ipv4/conf/eth0.100/rp_filter",
    namespace: "network",
  };
  assert.equal(sysctlNamespace("net.ipv4.conf.eth0/100.rp_filter"), vlan);
  assert.equal(sysctlNamespace("net/ipv4/conf/eth0.100/rp_filter"), vlan);
});

test("no key leaves /proc/sys or the namespace", () => {
  for (const key of [
    "net/../kernel/core_pattern",
    "net.x.//.y",
    "net/./x",
    "net..x",
    "net//x",
    "net.",
    "/net/x",
    "",
  ]) {
    assert.is(sysctlNamespace(key).namespace, undefined, key);
  }
});

test.run();
