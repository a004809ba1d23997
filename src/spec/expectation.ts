/** The schemas' keywords in words. */
import type { Fault } from "../../build/generated/explain-config.js";

const TYPES: Readonly<Record<string, string>> = {
  array: "an array",
  boolean: "true or false",
  integer: "an integer",
  object: "an object",
  string: "a string",
};

/** Every pattern of the schemas. */
export const PATTERNS: Readonly<Record<string, string>> = {
  "^/": "an absolute path",
  "^(/|$)": "an absolute path",
  "^[0-9, -]*$": "a list like 0-3,7",
  "^[rwm]*$": "letters of r, w and m",
  "^[1-9][0-9]*[KMGTP]?B$": "a size like 2MB",
  "^[^\\n]*$": "one line",
  "^(MB:[^\\n]*)?$": "one line that begins with MB:",
  "^(?!\\.{1,2}$)[^/]*$": "a name without a slash",
  "^RLIMIT_[A-Z]+$": "a name like RLIMIT_NOFILE",
  "^SCMP_ARCH_[A-Z0-9_]+$": "a name like SCMP_ARCH_X86_64",
  "^SECCOMP_FILTER_FLAG_[A-Z_]+$": "a name like SECCOMP_FILTER_FLAG_LOG",
};

/** What a fault asks for, and what is there. */
export function expectation({ keyword, params }: Fault, found: string): string {
  if (keyword === "required")
    return found === NOTHING ? "required, but missing" : `expected a value, found ${found}`;
  return `expected ${wanted(keyword, params)}, found ${found}`;
}

function wanted(keyword: string, params: Fault["params"]): string {
  const limit = params.limit as number;
  switch (keyword) {
    case "type":
      return TYPES[params.type as string] ?? String(params.type);
    case "enum":
      return `one of ${(params.allowedValues as string[]).map((value) => JSON.stringify(value)).join(", ")}`;
    case "pattern":
      return PATTERNS[params.pattern as string] ?? `a match of ${params.pattern}`;
    case "minimum":
      return `at least ${BigInt(limit)}`;
    case "maximum":
      return `at most ${BigInt(limit)}`;
    case "exclusiveMaximum":
      return `at most ${BigInt(limit) - 1n}`;
    case "minLength":
      return "a string that is not empty";
    case "minItems":
      return `at least ${limit} ${limit === 1 ? "entry" : "entries"}`;
    case "maxItems":
      return limit === 0 ? "no entries" : `at most ${limit} entries`;
    default:
      return `what the keyword ${keyword} of the schema asks`;
  }
}

const NOTHING = "nothing";
const LONGEST = 60;

/** @param source the value's own text in the file, which alone has long numbers whole */
export function foundWords(value: unknown, source: string | undefined): string {
  if (source === undefined) return NOTHING;
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return source.length > LONGEST ? `${source.slice(0, LONGEST)}…` : source;
}
