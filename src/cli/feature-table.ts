/**
 * What this version can do, by crun's words: `--version` prints them and `features` answers from them, so
 * that the two can't disagree.
 */
import { SPEC_VERSION } from "../spec/version.ts";
import { COMMIT, VERSION } from "./build-info.ts";

export const FEATURES = {
  APPARMOR: true,
  CAP: true,
  CGROUP: true,
  CRIU: true,
  EBPF: true,
  SECCOMP: true,
  SELINUX: true,
  SYSTEMD: true,
  "WASM:ocirt": true,
} as const satisfies Record<string, boolean>;

/** The four lines of --version. Engines read the first word, the commit and the words with a plus. */
export function versionText(): string {
  const words = Object.entries(FEATURES).flatMap(([word, supported]) => (supported ? [`+${word}`] : []));
  return `ocirt version ${VERSION}\ncommit: ${COMMIT}\nspec: ${SPEC_VERSION}\n${words.join(" ")}\n`;
}
