import { explainContainer } from "../../container/explain.ts";
import type { GlobalOptions } from "../../container/options.ts";
import { prepare } from "../../container/prepare.ts";
import { directoryOf } from "../../container/store.ts";
import { OcirtError } from "../../errors.ts";
import { explain, refused } from "../../explain/explain.ts";
import { askHost } from "../../explain/host.ts";
import type { Item } from "../../explain/item.ts";
import { itemsText } from "../../explain/report.ts";
import { doneText } from "../../explain/timeline.ts";
import type { CommandArguments } from "../option-types.ts";
import { print, printJson } from "../print.ts";
import type { EXPLAIN } from "../table-diagnose.ts";

const CANNOT_BE_DONE = 1;
/** The container's, where none is told. */
const ID = "explained";

export function run(global: GlobalOptions, given: CommandArguments<typeof EXPLAIN>): number | undefined {
  const [id] = given.positionals;
  const { bundle, config } = given.options;
  if (id !== undefined && bundle === undefined && config === undefined) {
    explainDone(global, id, given.options.json);
    return undefined;
  }
  const items = itemsOf(global, given);
  if (given.options.json) printJson(items);
  else print(itemsText(items));
  return items.some(({ status }) => status === "failure") ? CANNOT_BE_DONE : undefined;
}

/** A container by its id alone is one that is there. */
function explainDone(global: GlobalOptions, id: string, json: boolean): void {
  const explanation = explainContainer(global, id);
  if (json) printJson(explanation);
  else print(doneText(explanation.id, explanation.status, explanation.steps));
}

function itemsOf(global: GlobalOptions, { options, positionals }: CommandArguments<typeof EXPLAIN>): Item[] {
  const { bundle = ".", config } = options;
  const [id = ID] = positionals;
  const name = `${bundle}/${config ?? "config.json"}`;
  const ways = { preserveFds: 0, noPivot: false, noNewKeyring: false, planOnly: true };
  try {
    const { spec, plan, cgroup, record } = prepare(
      global,
      { id, bundle, ...ways, ...(config === undefined ? {} : { config }) },
      true,
    );
    const kept = `${directoryOf(global.root, id)}/ocirt.json`;
    return explain({ spec, plan, cgroup, config: name, record: kept }, askHost(global, spec, record.rootfs));
  } catch (error) {
    if (error instanceof OcirtError) return refused(name, error.message);
    throw error;
  }
}
