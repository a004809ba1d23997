/**
 * Messages to the user and to the log. A failure is one line in the log and one message on stderr, because
 * engines read either. Nothing is done, nor opened, until something is logged.
 */
import { files } from "../native/index.ts";
import { type LogTarget, logTarget, type Severity } from "./log-target.ts";

export interface LogOptions {
  /** What --log names; stderr alone where it is undefined. */
  readonly target?: string | undefined;
  readonly format: "text" | "json";
  /** The least important severity that is written; warning unless told. */
  readonly level?: Severity | undefined;
}

const ORDER: readonly Severity[] = ["error", "warning", "info", "debug"];

let target: LogTarget | undefined;
let format: LogOptions["format"] = "text";
let level: Severity = "warning";
/** Warnings that wait for the outcome: see `holdBack`. */
let held: { readonly severity: Severity; readonly text: string }[] = [];

/** Sets where messages go. Throws an OcirtError when the log can't be written. */
export function configureLog(options: LogOptions): void {
  ({ format } = options);
  level = options.level ?? "warning";
  target = undefined;
  held = [];
  if (options.target === undefined || options.target === "/dev/stderr") return;
  const wanted = logTarget(options.target);
  wanted.check();
  target = wanted;
}

/** logrus' forms, which engines parse; `time` is RFC 3339. */
function line(severity: Severity, text: string): string {
  const time = new Date().toISOString();
  if (format === "json") return `${JSON.stringify({ level: severity, msg: text, time })}\n`;
  return `time="${time}" level=${severity} msg=${JSON.stringify(text)}\n`;
}

/** Messages must never be what makes a command fail: a closed stderr or a full disk is ignored. */
function quietly(write: () => void): boolean {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}

function toStderr(severity: Severity, text: string): void {
  const label = severity === "error" ? "" : `${severity}: `;
  const out = format === "json" && target === undefined ? line(severity, text) : `ocirt: ${label}${text}\n`;
  quietly(() => files().writeFd(2, out));
}

function toTarget(severity: Severity, text: string): boolean {
  return quietly(() => target?.write({ severity, text, line: line(severity, text) }));
}

const wanted = (severity: Severity): boolean => ORDER.indexOf(severity) <= ORDER.indexOf(level);

/**
 * podman reads a JSON log as one object after a failure, so a file must not hold warnings before the error.
 * Whoever asks for debug messages asks for all lines at once.
 */
const holdBack = (): boolean => target?.isFile === true && format === "json" && level !== "debug";

function log(severity: Severity, text: string): void {
  if (!wanted(severity)) return;
  if (target === undefined) toStderr(severity, text);
  else if (holdBack()) held.push({ severity, text });
  else if (!toTarget(severity, text)) toStderr(severity, text);
}

/** The one error of a failing command: to the log, and always to stderr. */
export function logError(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  if (target !== undefined) toTarget("error", text);
  for (const message of held) toStderr(message.severity, message.text);
  held = [];
  toStderr("error", text);
}

export function logWarning(text: string): void {
  log("warning", text);
}

export function logDebug(text: string): void {
  log("debug", text);
}

/** At the end of a command that succeeded: writes the warnings that waited for that. */
export function flushLog(): void {
  for (const { severity, text } of held) if (!toTarget(severity, text)) toStderr(severity, text);
  held = [];
}
