/** What only the running kernel can tell. */
import { native } from "./index.ts";

interface FeatureProbes {
  seccompFlagsSupported(flags: number): boolean;
}

/** Whether seccomp(2) of this kernel takes the flags. */
export function seccompFlagsSupported(flags: number): boolean {
  return native<FeatureProbes>().seccompFlagsSupported(flags);
}
