/** Reads and validates a process alone, as `exec --process` gets it. What explains an error is loaded with it. */
import { validate } from "../../build/generated/validate-process.js";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { PROCESS_CHECKS } from "./checks-process.ts";
import { hasLongIntegers, parseBounded, parseExact } from "./integers.ts";
import { parseJson } from "./json.ts";
import type { Process } from "./types.ts";

const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;

/** Throws an OcirtError with all faults. */
export function loadProcess(path: string): Process {
  let text: string;
  try {
    text = files().readText(path);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({ action: "read the process", path, errno: error.code });
  }
  return parseProcess(text, path, isRegular(path));
}

/** `again`: whether the file can be read again, which the half of the executable does that can explain. */
export function parseProcess(text: string, path: string, again: boolean): Process {
  const long = hasLongIntegers(text);
  let document: unknown;
  let valid = false;
  try {
    document = parseJson(text, long ? parseBounded : JSON.parse);
    valid = validate(document) && isSound(document as Process);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (valid) return (long ? parseJson(text, parseExact) : document) as Process;
  if (again) throw explanations().invalidProcess(text, path);
  throw new OcirtError({
    action: "validate",
    path,
    reason: "it is not a process of the specification",
    hint: "give it as an ordinary file to be told where it is not",
  });
}

function isSound(process: Process): boolean {
  let sound = true;
  for (const { reads, run } of PROCESS_CHECKS) {
    if (!reads[0]?.startsWith("/process")) continue;
    run({ ociVersion: "", process }, () => {
      sound = false;
    });
  }
  return sound;
}

function isRegular(path: string): boolean {
  return ((files().stat(path, true)?.mode ?? 0) & TYPE_MASK) === REGULAR;
}

function explanations(): typeof import("./explain-process.ts") {
  return require("./explain-process.ts") as typeof import("./explain-process.ts");
}
