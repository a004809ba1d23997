import { files } from "../native/index.ts";

/** The name that the program was called by, as usage texts show it. */
export function programName(): string {
  try {
    // process.argv tells where the executable is, not how it was called.
    const called = files().readText("/proc/self/cmdline").split("\0")[0] ?? "";
    const name = called.slice(called.lastIndexOf("/") + 1);
    return name === "" ? "ocirt" : name;
  } catch {
    return "ocirt";
  }
}
