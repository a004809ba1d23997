/** What the tests of this directory share. */
import { readdirSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";

const FIXTURES = new URL("./fixtures/", import.meta.url);

/** Name and text of the files that real engines and runtimes wrote, by the end of their name. */
export function fixtures(suffix: string): { name: string; text: string }[] {
  return readdirSync(FIXTURES)
    .filter((name) => name.endsWith(suffix))
    .map((name) => ({ name, text: readFileSync(new URL(name, FIXTURES), "utf8") }));
}

/** A config that is valid, with members replaced or added. */
export function config(members: object = {}): string {
  return JSON.stringify({
    ociVersion: "1.3.0",
    root: { path: "rootfs" },
    process: { cwd: "/", args: ["sh"] },
    linux: { namespaces: [{ type: "mount" }, { type: "pid" }] },
    ...members,
  });
}

/** The text of the error that the call throws. */
export function errorOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.instance(error, Error);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}
