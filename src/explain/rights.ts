/** The rights that steps take. Pure. */
import { CAPABILITIES } from "../plan/capabilities.ts";
import { fails, type Judged, OK, type Verdict } from "./types.ts";

export type Capability = (typeof CAPABILITIES)[number];

const bit = (name: Capability): bigint => 1n << BigInt(CAPABILITIES.indexOf(name));

/** Whether the caller has it over the host. */
export const hasOnHost = ({ facts }: Judged, name: Capability): boolean =>
  (facts.capabilities.effective & bit(name)) !== 0n;

/** Over what belongs to the container's user namespace init has every capability. */
export const hasInside = (judged: Judged, name: Capability): boolean =>
  judged.namespaces.present.has("user") || hasOnHost(judged, name);

export function takes(has: boolean, name: Capability, remedy: string): Verdict {
  return has ? OK : fails(`it takes ${name}, which the caller lacks`, remedy);
}

export const USER_NAMESPACE = 'run it as root, or add the namespace {"type": "user"} with mappings';
export const HOST_RIGHT = "run it as root of the host, with this capability";

/** uname(2)'s release is at least this. */
export function atLeast(release: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = release.split(/[.-]/).map(Number);
  return first > major || (first === major && second >= minor);
}
