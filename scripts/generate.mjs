// Code made at build time for the bundle: the schema validators. (The step table's header belongs to init:
// build-init.mjs makes it.)
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { generateValidators } from "./generate-validators.mjs";

export async function generate(top) {
  mkdirSync(join(top, "build/generated"), { recursive: true });
  await generateValidators(top);
}
