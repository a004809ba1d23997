/** Socket activation (sd_listen_fds(3)): descriptors that the caller means for the container's process. */
import { environment } from "../plan/process.ts";
import type { Spec } from "../spec/types.ts";

/** How many descriptors from 3 on the caller hands on; 0 where they are somebody else's. */
export function listenDescriptors(env: NodeJS.ProcessEnv, pid: number): number {
  const count = Number(env.LISTEN_FDS ?? "0");
  const isMeant = env.LISTEN_PID === undefined || env.LISTEN_PID === String(pid);
  return isMeant && Number.isInteger(count) && count > 0 ? count : 0;
}

/** The configuration with the variables that its process, the first in its pid namespace, looks for. */
export function withListenVariables(spec: Spec, count: number): Spec {
  if (count === 0 || spec.process === undefined) return spec;
  const env = environment([...(spec.process.env ?? []), `LISTEN_FDS=${count}`, "LISTEN_PID=1"]);
  return { ...spec, process: { ...spec.process, env } };
}
