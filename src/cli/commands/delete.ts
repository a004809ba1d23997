import { deleteContainer } from "../../container/delete.ts";
import type { GlobalOptions } from "../../container/options.ts";
import { listIds } from "../../container/store.ts";
import { OcirtError } from "../../errors.ts";
import type { CommandArguments } from "../option-types.ts";
import type { DELETE } from "../table.ts";

export function run(
  global: GlobalOptions,
  { options, positionals }: CommandArguments<typeof DELETE>,
): void | Promise<void> {
  const [given = ""] = positionals;
  const { force, regex } = options;
  return regex ? deleteMatching(global, given, force) : deleteContainer(global, given, { force });
}

/** Deletes all that match; one that can't be deleted does not keep the others. */
async function deleteMatching(global: GlobalOptions, pattern: string, force: boolean): Promise<void> {
  const expression = compile(pattern);
  const failures: unknown[] = [];
  for (const id of listIds(global.root)) {
    if (!expression.test(id)) continue;
    try {
      await deleteContainer(global, id, { force });
    } catch (error) {
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (failures.length === 1) throw first;
  if (others.length === 0) return;
  throw new OcirtError({
    action: `delete the containers that match \`${pattern}\``,
    reason: failures.map((error) => (error instanceof Error ? error.message : String(error))).join("\n"),
  });
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new OcirtError({ action: "read the regular expression", path: pattern, cause: error });
  }
}
