/** Where --log sends messages: a file, syslog or journald. */
import { OcirtError } from "../errors.ts";
import { sendDatagram } from "../native/datagram.ts";
import { files, isNativeError } from "../native/index.ts";

export type Severity = "error" | "warning" | "info" | "debug";

/** One message, and the line that a file gets for it. */
export interface LogEntry {
  readonly severity: Severity;
  readonly text: string;
  readonly line: string;
}

export interface LogTarget {
  /** Whether a reader may take the whole of it as one JSON object. */
  readonly isFile: boolean;
  /** Throws an OcirtError when nothing can be written there. */
  check(): void;
  write(entry: LogEntry): void;
}

/** The numbers of syslog(3). */
const PRIORITIES: Readonly<Record<Severity, number>> = { error: 3, warning: 4, info: 6, debug: 7 };
const FACILITY_USER = 1;

/** Where the readers of messages listen. */
const SOCKETS = { syslog: "/dev/log", journald: "/run/systemd/journal/socket" };

const O_WRONLY = 0o1;
const O_CREAT = 0o100;
const O_NOCTTY = 0o400;
const O_APPEND = 0o2000;

/** Opened for each message and closed again: no descriptor of ours may stand where a container's could be. */
function fileTarget(path: string): LogTarget {
  const append = (text: string) => {
    const fd = files().open(path, O_WRONLY | O_CREAT | O_NOCTTY | O_APPEND, 0o644);
    try {
      if (text !== "") files().writeFd(fd, text);
    } finally {
      files().close(fd);
    }
  };
  return {
    isFile: true,
    check: () => attempt("open the log file", path, () => append("")),
    write: (entry) => append(entry.line),
  };
}

function attempt(action: string, path: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    throw new OcirtError({ action, path, errno: isNativeError(error) ? error.code : undefined });
  }
}

function socketTarget(path: string, datagram: (entry: LogEntry) => string | Uint8Array): LogTarget {
  return {
    isFile: false,
    check: () => {
      if (files().stat(path, true) !== undefined) return;
      throw new OcirtError({ action: "open the log", path, errno: "ENOENT" });
    },
    write: (entry) => sendDatagram(path, datagram(entry)),
  };
}

/** The local form of RFC 3164, which /dev/log takes: no host name. */
function syslogDatagram(identifier: string, entry: LogEntry): string {
  const [, month, day, , time] = /^\w+ (\w+) 0?(\d+) (\d+) ([\d:]+)/.exec(new Date().toString()) ?? [];
  const stamp = `${month} ${(day ?? "").padStart(2)} ${time}`;
  return `<${FACILITY_USER * 8 + PRIORITIES[entry.severity]}>${stamp} ${identifier}[${process.pid}]: ${entry.text}`;
}

/** A field of journald's native protocol: a text of several lines is preceded by its length in bytes. */
function journalField(name: string, value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  if (!value.includes("\n")) return new TextEncoder().encode(`${name}=${value}\n`);
  const head = new TextEncoder().encode(`${name}\n`);
  const field = new Uint8Array(head.length + 8 + bytes.length + 1);
  field.set(head);
  new DataView(field.buffer).setBigUint64(head.length, BigInt(bytes.length), true);
  field.set(bytes, head.length + 8);
  field[field.length - 1] = 0x0a;
  return field;
}

function journalDatagram(identifier: string, entry: LogEntry): Uint8Array {
  const fields = [
    journalField("PRIORITY", String(PRIORITIES[entry.severity])),
    journalField("SYSLOG_IDENTIFIER", identifier),
    journalField("MESSAGE", entry.text),
  ];
  return Uint8Array.from(fields.flatMap((field) => [...field]));
}

/**
 * What --log names. A word before a colon is a type; a path with a slash before its first colon is a file.
 * Throws an OcirtError for an unknown type.
 */
export function logTarget(given: string, sockets: typeof SOCKETS = SOCKETS): LogTarget {
  const [, type, name] = /^([^/:]*):(.*)$/s.exec(given) ?? [];
  if (type === undefined || name === undefined) return fileTarget(given);
  const identifier = name === "" ? "ocirt" : name;
  switch (type) {
    case "file":
      return fileTarget(name);
    case "syslog":
      return socketTarget(sockets.syslog, (entry) => syslogDatagram(identifier, entry));
    case "journald":
      return socketTarget(sockets.journald, (entry) => journalDatagram(identifier, entry));
    default:
      throw new OcirtError({
        action: "unknown log type",
        path: type,
        hint: "--log takes a FILE, file:PATH, syslog:ID or journald:ID",
      });
  }
}
