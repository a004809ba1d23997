/** Says what is wrong with a config, and where. Loaded only when something is. */
import { explain, type Fault } from "../../build/generated/explain-config.js";
import { OcirtError } from "../errors.ts";
import { expectation, foundWords } from "./expectation.ts";
import { pointerToken, valueAt } from "./pointer.ts";
import { type Place, type Position, positionAt, scanJson } from "./scan.ts";
import { checkSemantics, type Finding } from "./semantics.ts";
import type { Spec } from "./types.ts";
import { SUPPORTED_VERSIONS } from "./version.ts";

export interface Problem extends Finding, Position {}

/** A config that is not valid, with every problem by its place. */
export class SpecError extends OcirtError {
  constructor(
    action: string,
    path: string,
    readonly problems: readonly Problem[],
  ) {
    super({ action, path, reason: problemWords(problems) });
  }
}

export function notJson(text: string, path: string, cause: unknown): OcirtError {
  let fault: ReturnType<typeof scanJson>["fault"];
  try {
    ({ fault } = scanJson(text));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new OcirtError({
      action: "parse",
      path,
      reason: "its arrays and objects are nested too deeply",
      cause,
    });
  }
  if (fault === undefined) return new OcirtError({ action: "parse", path, cause });
  const { line, column, expected, found } = fault;
  const problem = { pointer: "", line, column, text: `expected ${expected}, found ${found}` };
  return new SpecError("parse", path, [problem]);
}

export function unsupportedVersion(text: string, path: string, version: string): OcirtError {
  const findings = [
    {
      pointer: "/ociVersion",
      text: `version \`${version}\` is not supported; supported are ${SUPPORTED_VERSIONS}`,
    },
  ];
  return new SpecError("validate", path, located(text, findings));
}

/** @param document the parsed text without nulls, as it was validated */
export function invalidConfig(text: string, path: string, document: unknown): OcirtError {
  const { places } = scanJson(text);
  const findings = faultsFound(text, document, explain(document), places);
  const semantic = checkSemantics(
    document as Spec,
    findings.map(({ pointer }) => pointer),
  );
  return new SpecError("validate", path, located(text, [...findings, ...semantic], places));
}

/** The faults against the schema, in words. */
export function faultsFound(
  text: string,
  document: unknown,
  faults: readonly Fault[],
  places: ReadonlyMap<string, Place>,
): Finding[] {
  return faults.map((fault): Finding => {
    const pointer = faultPointer(fault);
    const place = places.get(pointer);
    const found = foundWords(valueAt(document, pointer), place && text.slice(place.start, place.end));
    return { pointer, text: expectation(fault, found) };
  });
}

/** The value at fault; of a required one that is missing, where it should be. */
function faultPointer({ instancePath, keyword, params }: Fault): string {
  return keyword === "required"
    ? `${instancePath}/${pointerToken(String(params.missingProperty))}`
    : instancePath;
}

/** Each finding with its position, in the order of the file. What is missing is at what it is missing from. */
export function located(
  text: string,
  findings: readonly Finding[],
  places = scanJson(text).places,
): Problem[] {
  const offsetOf = (pointer: string): number => {
    const place = places.get(pointer);
    return place?.start ?? (pointer === "" ? 0 : offsetOf(pointer.slice(0, pointer.lastIndexOf("/"))));
  };
  return findings
    .map((finding) => ({ finding, offset: offsetOf(finding.pointer) }))
    .sort((a, b) => a.offset - b.offset)
    .map(({ finding, offset }) => ({ ...finding, ...positionAt(text, offset) }));
}

/** One problem on the same line, several on a line each. */
function problemWords(problems: readonly Problem[]): string {
  const lines = problems.map(({ pointer, line, column, text }) => {
    const name = pointer === "" ? "" : `${pointer}: `;
    return `line ${line}, column ${column}: ${name}${text}`;
  });
  return lines.length === 1 ? (lines[0] as string) : [`${lines.length} problems`, ...lines].join("\n  ");
}
