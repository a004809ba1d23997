/** Looks at a program that could not be executed, in the container's root. Loaded only after such a failure. */
import { rooted } from "../native/rooted.ts";
import { hostMachine } from "../native/seccomp.ts";
import { type Explanation, explainProgram } from "../plan/program-file.ts";

/** `root`: a descriptor of the container's root, in its mount namespace. */
export function diagnoseProgram(root: number, path: string, errno: string): Explanation | undefined {
  const read = (file: string): Uint8Array | undefined => {
    try {
      return rooted().readHeadInRoot(root, file);
    } catch {
      // Gone, or no ordinary file: there is nothing to be told of it.
      return undefined;
    }
  };
  return explainProgram(path, errno, hostMachine(), read);
}
