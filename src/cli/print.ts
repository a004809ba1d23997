import { files } from "../native/index.ts";

/** Writes to stdout by its descriptor: process.stdout would load the streams. */
export function print(text: string): void {
  files().writeFd(1, text);
}

/** JSON as people and scripts read it: indented, with a newline at the end. */
export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, null, 2)}\n`);
}
