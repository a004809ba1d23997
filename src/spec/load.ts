/** Reads and validates config.json. On the hot path: what explains an error is loaded with the error. */
import { validate } from "../../build/generated/validate-config.js";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { hasLongIntegers, parseBounded, parseExact } from "./integers.ts";
import { parseJson } from "./json.ts";
import { checkSemantics } from "./semantics.ts";
import type { Spec } from "./types.ts";
import { isSupportedVersion } from "./version.ts";

const TYPE_MASK = 0o170000;
const DIRECTORY = 0o040000;

/**
 * The config of a bundle (bundle.md, config.md of the specification).
 * @param bundle the bundle's directory; only asked about when the config cannot be read
 * @param configPath the config's own path
 * @throws OcirtError where the bundle or the config is not there, is not JSON, or is not valid; all faults
 * of a config that is not valid are in the one error.
 */
export function loadSpec(bundle: string, configPath: string): Spec {
  return parseSpec(readConfig(bundle, configPath), configPath);
}

/** The config in `text`; `path` only names it in errors. */
export function parseSpec(text: string, path: string): Spec {
  const long = hasLongIntegers(text);
  const document = readJson(text, path, long ? parseBounded : JSON.parse);
  const spec = document as Spec;
  const version: unknown = spec?.ociVersion;
  if (typeof version === "string" && !isSupportedVersion(version)) {
    throw explanations().unsupportedVersion(text, path, version);
  }
  if (!validate(document) || checkSemantics(spec).length > 0) {
    throw explanations().invalidConfig(text, path, document);
  }
  return long ? (readJson(text, path, parseExact) as Spec) : spec;
}

function readJson(text: string, path: string, parse: (text: string) => unknown): unknown {
  try {
    return parseJson(text, parse);
  } catch (error) {
    throw explanations().notJson(text, path, error);
  }
}

function explanations(): typeof import("./explain.ts") {
  return require("./explain.ts") as typeof import("./explain.ts");
}

function readConfig(bundle: string, configPath: string): string {
  try {
    return files().readText(configPath);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const stat = files().stat(bundle, true);
    if (stat === undefined || (stat.mode & TYPE_MASK) !== DIRECTORY) {
      const errno = stat === undefined ? "ENOENT" : "ENOTDIR";
      const hint = "a bundle is a directory with config.json in it";
      throw new OcirtError({ action: "open the bundle", path: bundle, errno, hint });
    }
    throw new OcirtError({
      action: "read the configuration",
      path: configPath,
      errno: error.code,
      ...(error.code === "ENOENT" ? { hint: "`ocirt spec` writes a default one" } : {}),
    });
  }
}
