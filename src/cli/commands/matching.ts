/** `--regex`: the same done to all containers whose id matches, as crun has it. */
import { listIds } from "../../container/store.ts";
import { OcirtError } from "../../errors.ts";

/**
 * `action`: what is done, for messages. One container that it can't be done to does not keep the others. Throws an
 * OcirtError for a pattern that is no regular expression.
 */
export async function forMatching(
  root: string,
  pattern: string,
  action: string,
  work: (id: string) => void | Promise<void>,
): Promise<void> {
  const expression = compile(pattern);
  const failures: unknown[] = [];
  for (const id of listIds(root)) {
    if (!expression.test(id)) continue;
    try {
      await work(id);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length === 0) return;
  throw new OcirtError({
    action: `${action} the containers that match \`${pattern}\``,
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
