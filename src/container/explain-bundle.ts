/** What `create` would do here with a bundle, and whether it can. Touches nothing. */
import { OcirtError } from "../errors.ts";
import { explainCreate, explainRefusal } from "../explain/explain.ts";
import { explainFacts } from "../explain/facts.ts";
import type { Explained } from "../explain/types.ts";
import type { GlobalOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { directoryOf } from "./store.ts";

export interface ExplainOptions {
  /** The container's, as it would be. */
  readonly id: string;
  readonly bundle: string;
  readonly config?: string;
}

export function explainBundle(global: GlobalOptions, options: ExplainOptions): Explained[] {
  const planned = { ...options, preserveFds: 0, noPivot: false, noNewKeyring: false, planOnly: true };
  try {
    const prepared = prepare(global, planned, true);
    return explainCreate(
      prepared,
      explainFacts(global, prepared.record.rootfs),
      directoryOf(global.root, options.id),
    );
  } catch (error) {
    if (error instanceof OcirtError) return explainRefusal(error);
    throw error;
  }
}
