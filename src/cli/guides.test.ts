/** The messages that the troubleshooting guide explains are messages that there are. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

const source = join(import.meta.dirname, "..");

function sources(): string {
  return readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => readFileSync(join(source, name), "utf8"))
    .join("\n");
}

test("every message of the troubleshooting guide stands in the sources", () => {
  const guide = readFileSync(join(source, "../docs/guides/troubleshooting.md"), "utf8");
  const messages = [...guide.matchAll(/^\| `([^`]+)` \|/gm)].map(([, text]) => text ?? "");
  assert.ok(messages.length > 10);
  const all = sources();
  assert.equal(
    messages.filter((text) => !all.includes(text)),
    [],
  );
});

test.run();
