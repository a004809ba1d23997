/** `explain`: what `create` would do here, and whether it can. Touches nothing. */
import { OcirtError } from "../errors.ts";
import { explainCreate, explainRefusal } from "../explain/explain.ts";
import { explainFacts } from "../explain/facts.ts";
import type { Explained } from "../explain/types.ts";
import type { GlobalOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { directoryOf } from "./store.ts";

/** Stands for the container's id in paths. */
const ID = "CONTAINER";

export interface ExplainOptions {
  readonly bundle: string;
  readonly config?: string;
}

export function explainBundle(global: GlobalOptions, options: ExplainOptions): Explained[] {
  const planned = { ...options, id: ID, preserveFds: 0, noPivot: false, noNewKeyring: false, planOnly: true };
  try {
    const prepared = prepare(global, planned, true);
    return explainCreate(
      prepared,
      explainFacts(global, prepared.record.rootfs),
      directoryOf(global.root, ID),
    );
  } catch (error) {
    if (error instanceof OcirtError) return explainRefusal(error);
    throw error;
  }
}
