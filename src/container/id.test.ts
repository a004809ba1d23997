import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkId } from "./id.ts";

const HINT = "use letters, digits, _ + - and . (not first)";

function refusal(id: string): string {
  try {
    checkId(id);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

test("ids that engines make are accepted", () => {
  for (const id of ["demo", "a", "0", "f3b1c2", "k8s.io_pod-1", "a+b", "A..b", "-x", "_", "a".repeat(249)]) {
    assert.is(refusal(id), "accepted", id);
  }
});

test("an id that is not one plain name is refused with the reason", () => {
  assert.is(refusal(""), "container ID cannot be empty");
  assert.is(refusal("foo bar"), `invalid container ID \`foo bar\`: invalid character \` \`; ${HINT}`);
  assert.is(refusal("../x"), `invalid container ID \`../x\`: invalid character \`/\`; ${HINT}`);
  assert.is(refusal("a/b"), `invalid container ID \`a/b\`: invalid character \`/\`; ${HINT}`);
  assert.is(refusal("a\nb"), `invalid container ID \`a\\nb\`: invalid character \`\\n\`; ${HINT}`);
  assert.is(refusal("a\0b"), `invalid container ID \`a\\u0000b\`: invalid character \`\\u0000\`; ${HINT}`);
  assert.is(refusal("é"), `invalid container ID \`é\`: invalid character \`é\`; ${HINT}`);
  assert.is(refusal("😀"), `invalid container ID \`😀\`: invalid character \`😀\`; ${HINT}`);
  for (const id of [".", "..", ".foo", "..."]) {
    assert.is(refusal(id), `invalid container ID \`${id}\`: invalid character \`.\` at the start; ${HINT}`);
  }
  assert.is(
    refusal("a".repeat(250)),
    `invalid container ID \`${"a".repeat(32)}…\`: longer than 249 characters; ${HINT}`,
  );
});

test.run();
