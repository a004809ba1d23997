/** runtime-spec config-linux.md, "Network Devices". The runtime runs in a network namespace of the test's. */
import { assert, type Case, clause, conclude, type Edit, put, share } from "./harness/index.ts";

const DIFFERS = { runc: "1.1.5 does not know the field", crun: "1.8.1 does not know the field" };

/** A pair of devices, one with addresses of its own and one that only the kernel has given. */
const DEVICES = [
  "ip link set lo up",
  "ip link add spec0 type veth peer name spec1",
  "ip link set spec0 mtu 1300 address 02:00:00:00:12:34",
  "ip addr add 10.9.8.7/24 brd + dev spec0",
  "ip addr add fd00:9::7/64 dev spec0 nodad",
  "ip link set spec0 up",
].join(" && ");

function run(t: Case, edit: Edit, after = "") {
  const container = t.container((c, own) => {
    c.process.args = ["sh", "-c", "ip addr; cat /sys/class/net/*/mtu"];
    edit(c, own);
  });
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  const then = after === "" ? "" : `; s=$?; ${after}; exit $s`;
  return t.execute(["unshare", "--net", "sh", "-c", `${DEVICES} && "$@"${then}`, "sh", ...argv]);
}

clause(
  "netDevices: the device is in the container, up, with its addresses, its MTU and its hardware address",
  (t) => {
    const result = run(t, (c) => put(c, "/linux/netDevices", { spec0: {} }));
    const { stdout } = assert.succeeds(result);
    assert.match(stdout, /spec0[^\n]*[<,]UP[,>]/);
    assert.match(stdout, /link\/ether 02:00:00:00:12:34/);
    assert.match(stdout, /inet 10\.9\.8\.7\/24 brd 10\.9\.8\.255 scope global spec0/);
    assert.match(stdout, /inet6 fd00:9::7\/64 scope global/);
    assert.match(stdout, /^1300$/m);
  },
  { differs: DIFFERS },
);

clause(
  "netDevices: name is the device's name in the container",
  (t) => {
    const result = run(t, (c) => put(c, "/linux/netDevices", { spec0: { name: "eth7" }, spec1: {} }));
    const { stdout } = assert.succeeds(result);
    assert.match(stdout, /eth7[^\n]*[<,]UP[,>]/);
    assert.match(stdout, /10\.9\.8\.7\/24 brd 10\.9\.8\.255 scope global eth7/);
    assert.match(stdout, /spec1/);
    assert.not.match(stdout, /spec0/);
  },
  { differs: DIFFERS },
);

clause(
  "netDevices: it is gone from the runtime's namespace, and is there before the runtime's hooks",
  (t) => {
    const result = run(
      t,
      (c) => {
        put(c, "/linux/netDevices", { spec0: {} });
        c.process.args = ["true"];
        const script = `nsenter -t $(sed 's/.*"pid":\\([0-9]*\\).*/\\1/') -n ip -o addr show spec0 >${t.directory}/hook; ip link >>${t.directory}/hook`;
        c.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", script] }] };
      },
      `cat ${t.directory}/hook`,
    );
    const { stdout } = assert.succeeds(result);
    assert.match(stdout, /10\.9\.8\.7/);
    assert.not.match(stdout, /^\d+: spec0@/m);
  },
  { differs: DIFFERS },
);

clause(
  "netDevices: a device that is not there is an error that names it, and nothing is left",
  (t) => {
    const result = run(t, (c) => put(c, "/linux/netDevices", { nodevice: {} }));
    assert.refuses(result, /\/linux\/netDevices\/nodevice/, /ENODEV/);
  },
  { differs: DIFFERS },
);

clause(
  "netDevices: a name that the container's namespace has already is an error, and the device stays as it was",
  (t) => {
    const result = run(
      t,
      (c) => put(c, "/linux/netDevices", { spec0: { name: "lo" } }),
      "ip addr show spec0",
    );
    assert.refuses(result, /\/linux\/netDevices\/spec0/, /EEXIST/);
    assert.match(result.stdout, /spec0[^\n]*[<,]UP[,>]/);
    assert.match(result.stdout, /10\.9\.8\.7\/24/);
  },
  { differs: DIFFERS },
);

clause(
  "netDevices: a device that the kernel does not let go is an error that names it",
  (t) => {
    const result = run(t, (c) => put(c, "/linux/netDevices", { lo: { name: "other" } }));
    assert.refuses(result, /\/linux\/netDevices\/lo/, /EINVAL/);
  },
  { differs: DIFFERS },
);

clause(
  "netDevices: needs a network namespace",
  (t) => {
    const result = run(t, (c) => {
      share(c, "network");
      put(c, "/linux/netDevices", { spec0: {} });
    });
    assert.refuses(result, /\/linux\/netDevices/, /network namespace/);
  },
  { differs: DIFFERS },
);

conclude();
