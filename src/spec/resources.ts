/** The JSON of `update`: linux.resources alone. What explains an error is loaded with it. */
import { validate } from "../../build/generated/validate-resources.js";
import { hasLongIntegers, parseBounded, parseExact } from "./integers.ts";
import { parseJson } from "./json.ts";
import type { Resources } from "./types.ts";

/**
 * @param path names the text in errors
 * @param again called before an error is explained: whoever can do that may have to read the text once more
 * @throws SpecError with all faults, where the text is not JSON or not valid
 */
export function parseResources(text: string, path: string, again: () => void = () => {}): Resources {
  const long = hasLongIntegers(text);
  try {
    const document = parseJson(text, long ? parseBounded : JSON.parse);
    if (validate(document)) return (long ? parseJson(text, parseExact) : document) as Resources;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  again();
  throw explanations().invalidResources(text, path);
}

function explanations(): typeof import("./explain-resources.ts") {
  return require("./explain-resources.ts") as typeof import("./explain-resources.ts");
}
