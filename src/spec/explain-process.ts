/** Says what is wrong with the process of `exec --process`, and where. Loaded only when something is. */
import { explain } from "../../build/generated/explain-process.js";
import type { OcirtError } from "../errors.ts";
import { faultsFound, located, notJson, SpecError } from "./explain.ts";
import { parseBounded } from "./integers.ts";
import { parseJson } from "./json.ts";
import { scanJson } from "./scan.ts";
import { checkSemantics } from "./semantics.ts";
import type { Process } from "./types.ts";

const PREFIX = "/process";

export function invalidProcess(text: string, path: string): OcirtError {
  let document: unknown;
  try {
    document = parseJson(text, parseBounded);
  } catch (error) {
    return notJson(text, path, error);
  }
  const { places } = scanJson(text);
  const faults = faultsFound(text, document, explain(document), places);
  const spec = { ociVersion: "", process: document as Process };
  const semantic = checkSemantics(
    spec,
    faults.map(({ pointer }) => PREFIX + pointer),
  )
    .filter(({ pointer }) => pointer.startsWith(`${PREFIX}/`))
    .map((finding) => ({ ...finding, pointer: finding.pointer.slice(PREFIX.length) }));
  return new SpecError("validate", path, located(text, [...faults, ...semantic], places));
}
