/** The JSON of `update`: linux.resources alone. Not on the hot path: it explains at once. */
import { explain } from "../../build/generated/explain-resources.js";
import { faultsFound, located, notJson, SpecError } from "./explain.ts";
import { hasLongIntegers, parseBounded, parseExact } from "./integers.ts";
import { parseJson } from "./json.ts";
import { scanJson } from "./scan.ts";
import type { Resources } from "./types.ts";

/**
 * @param path names the text in errors
 * @throws SpecError with all faults, where the text is not JSON or not valid
 */
export function parseResources(text: string, path: string): Resources {
  const long = hasLongIntegers(text);
  let document: unknown;
  try {
    document = parseJson(text, long ? parseBounded : JSON.parse);
  } catch (error) {
    throw notJson(text, path, error);
  }
  const faults = explain(document);
  if (faults.length === 0) return (long ? parseJson(text, parseExact) : document) as Resources;
  const { places } = scanJson(text);
  throw new SpecError("validate", path, located(text, faultsFound(text, document, faults, places), places));
}
