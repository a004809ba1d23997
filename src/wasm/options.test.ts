import { test } from "uvu";
import * as assert from "uvu/assert";
import { ENGINE_ENVIRONMENT } from "./options.ts";

test("each entry is an assignment of a number, and none comes twice", () => {
  for (const entry of ENGINE_ENVIRONMENT) assert.match(entry, /^BUN_JSC_\w+=\d+$/);
  assert.is(new Set(ENGINE_ENVIRONMENT.map((entry) => entry.split("=")[0])).size, ENGINE_ENVIRONMENT.length);
});

test("this Bun knows every option: it would complain on stderr", () => {
  const { status, stderr } = runBun(ENGINE_ENVIRONMENT);
  assert.is(stderr, "");
  assert.is(status, 0);
  assert.match(runBun(["BUN_JSC_noSuchOption=1"]).stderr, /noSuchOption/);
});

function runBun(environment: readonly string[]): { status: number | null; stderr: string } {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const env = Object.fromEntries(environment.map((entry) => entry.split("=") as [string, string]));
  const { status, stderr } = spawnSync(process.execPath, ["-e", "0"], { env, encoding: "utf8" });
  return { status, stderr };
}

test.run();
