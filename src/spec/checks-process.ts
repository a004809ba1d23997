/** Checks of the members outside `linux`: root, mounts, process, annotations (config.md). */
import type { Check } from "./semantics.ts";
import type { IdMapping, Spec } from "./types.ts";

export const PROCESS_CHECKS: readonly Check[] = [
  {
    reads: ["/root"],
    run: ({ root }, report) => {
      if (root === undefined) report("/root", "required on Linux, but missing");
    },
  },
  {
    reads: ["/annotations"],
    run: ({ annotations }, report) => {
      if (annotations !== undefined && "" in annotations)
        report("/annotations/", "expected a key that is not empty");
    },
  },
  {
    reads: ["/mounts"],
    run: ({ mounts = [] }, report) => {
      mounts.forEach(({ uidMappings, gidMappings }, index) => {
        if ((uidMappings === undefined) === (gidMappings === undefined)) return;
        const [given, other] = uidMappings === undefined ? ["gid", "uid"] : ["uid", "gid"];
        report(`/mounts/${index}/${given}Mappings`, `needs ${other}Mappings beside it`);
      });
    },
  },
  {
    reads: ["/process/rlimits"],
    run: ({ process }, report) => {
      const seen = new Set<string>();
      process?.rlimits?.forEach(({ type, soft, hard }, index) => {
        if (seen.has(type)) report(`/process/rlimits/${index}/type`, `${type} is there twice`);
        seen.add(type);
        if (soft > hard) {
          report(`/process/rlimits/${index}/soft`, `expected at most the hard limit ${hard}, found ${soft}`);
        }
      });
    },
  },
  {
    reads: ["/process/scheduler"],
    run: ({ process }, report) => {
      const scheduler = process?.scheduler;
      if (scheduler === undefined) return;
      const { policy, priority = 0 } = scheduler;
      if (priority !== 0 && policy !== "SCHED_FIFO" && policy !== "SCHED_RR") {
        report("/process/scheduler/priority", `needs the policy SCHED_FIFO or SCHED_RR, found ${policy}`);
      }
      if (policy === "SCHED_DEADLINE") return;
      for (const name of ["runtime", "deadline", "period"] as const) {
        if (Number(scheduler[name] ?? 0) === 0) continue;
        report(`/process/scheduler/${name}`, `needs the policy SCHED_DEADLINE, found ${policy}`);
      }
    },
  },
  {
    reads: ["/process/user", "/linux/namespaces", "/linux/uidMappings", "/linux/gidMappings"],
    run: (spec, report) => {
      const { linux, process } = spec;
      if (process === undefined || !makesUserNamespace(spec)) return;
      const { uid = 0, gid = 0 } = process.user ?? {};
      if (!isMapped(uid, linux?.uidMappings)) {
        report("/process/user/uid", `expected an id that linux.uidMappings maps, found ${uid}`);
      }
      if (!isMapped(gid, linux?.gidMappings)) {
        report("/process/user/gid", `expected an id that linux.gidMappings maps, found ${gid}`);
      }
    },
  },
];

function makesUserNamespace({ linux }: Spec): boolean {
  return linux?.namespaces?.some(({ type, path = "" }) => type === "user" && path === "") ?? false;
}

/** Without any mapping the runtime chooses one itself. */
function isMapped(id: number, mappings: readonly IdMapping[] = []): boolean {
  return (
    mappings.length === 0 ||
    mappings.some(({ containerID, size }) => id >= containerID && id < containerID + size)
  );
}
