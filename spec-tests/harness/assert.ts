/** uvu's assertions, with two that conformance tests need. */
import * as uvu from "uvu/assert";
import type { Result } from "./command.ts";

/** Asserts that a command succeeded; shows what it said otherwise. */
function succeeds(result: Result, what = "the command"): Result {
  uvu.is(result.status, 0, `${what} exits with ${result.status}: ${result.stderr}${result.stdout}`);
  return result;
}

/** Asserts that a command failed with a message that matches all of `patterns`. */
function refuses(result: Result, ...patterns: RegExp[]): Result {
  uvu.is.not(result.status, 0, `should have failed, but printed: ${result.stdout}${result.stderr}`);
  uvu.ok(result.stderr.trim() !== "", "failed without a message on stderr");
  for (const pattern of patterns) uvu.match(result.stderr, pattern);
  return result;
}

type Assertions = typeof uvu & { succeeds: typeof succeeds; refuses: typeof refuses };

export const assert: Assertions = { ...uvu, succeeds, refuses };
