/** Says what is wrong with the JSON of `update`, and where. Loaded only when something is. */
import { explain } from "../../build/generated/explain-resources.js";
import type { OcirtError } from "../errors.ts";
import { faultsFound, located, notJson, SpecError } from "./explain.ts";
import { parseBounded } from "./integers.ts";
import { parseJson } from "./json.ts";
import { scanJson } from "./scan.ts";

export function invalidResources(text: string, path: string): OcirtError {
  let document: unknown;
  try {
    document = parseJson(text, parseBounded);
  } catch (error) {
    return notJson(text, path, error);
  }
  const { places } = scanJson(text);
  return new SpecError(
    "validate",
    path,
    located(text, faultsFound(text, document, explain(document), places), places),
  );
}
