/** A context for tests of the planners: everything decided, nothing of this machine. */
import type { PlanContext } from "./context.ts";

export function testContext(overrides: Partial<PlanContext> = {}): PlanContext {
  const encoder = new TextEncoder();
  return {
    id: "c1",
    bundle: "/bundle",
    rootfs: "/bundle/rootfs",
    waits: true,
    preserveFds: 0,
    noPivot: false,
    noNewKeyring: false,
    cgroupVersion: 1,
    cgroups: [],
    joinable: [],
    hostJoins: false,
    hookState: (status) => ({
      head: encoder.encode(`{"status":"${status}","pid":`),
      tail: encoder.encode("}"),
    }),
    callerEnv: ["CALLER=1"],
    compileSeccomp: () => ({ bpf: new Uint8Array(8), flags: 0 }),
    warn: () => {},
    selinux: () => false,
    headOf: () => undefined,
    executable: "/usr/bin/ocirt",
    argv0: "ocirt",
    ...overrides,
  };
}
