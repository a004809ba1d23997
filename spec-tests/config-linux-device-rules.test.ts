/** runtime-spec config-linux.md, "Allowed Device list". */
import { allow, assert, clause, conclude, type Terms } from "./harness/index.ts";

const TERMS: Terms = { needs: ["cgroup"] };

const NODE = "mknod -m 600 /tmp/node";

clause(
  "devices: without rules, everything but the default devices is denied",
  (t) => {
    const script = `${NODE} c 10 229 && cat /tmp/node; echo x >/dev/null && head -c 1 /dev/zero | wc -c`;
    const result = t.shellIn(
      script,
      (c) => allow(c, "CAP_MKNOD"),
      () => {},
    );
    assert.match(result.stderr, /Operation not permitted/);
    assert.is(result.stdout, "1\n");
  },
  TERMS,
);

clause(
  "devices: rules apply in order",
  (t) => {
    const script = `${NODE}1 c 1 3; ${NODE}2 c 10 229; ${NODE}3 b 7 0; cat /tmp/node1; cat /tmp/node2; cat /tmp/node3; true`;
    const result = t.shellIn(script, (c) => {
      allow(c, "CAP_MKNOD");
      c.linux.resources.devices = [
        { allow: true, access: "rwm" },
        { allow: false, access: "rwm" },
        { allow: true, type: "c", access: "m" },
        { allow: true, type: "c", major: 1, minor: 3, access: "rw" },
        { allow: true, type: "b", major: 7, minor: 0, access: "rwm" },
        { allow: false, type: "b", major: 7, minor: 0, access: "rw" },
      ];
    });
    const denied = result.stderr.match(/\/tmp\/node\d'?: Operation not permitted/g) ?? [];
    assert.equal(
      denied.map((text) => text.replace(/.*node(\d).*/, "$1")),
      ["2", "3"],
    );
  },
  TERMS,
);

clause(
  "devices: all allowed",
  (t) => {
    const script = `${NODE} c 1 11 && dd if=/tmp/node of=/dev/null bs=1 count=0 2>/dev/null && echo opened`;
    const output = t.shell(script, (c) => {
      allow(c, "CAP_MKNOD", "CAP_SYSLOG", "CAP_SYS_ADMIN");
      c.linux.resources.devices = [{ allow: true, access: "rwm" }];
    });
    assert.is(output, "opened\n");
  },
  TERMS,
);

conclude();
