/** The signals of Linux by name; x86-64 and arm64 number them alike (signal(7)). */
import { OcirtError } from "../errors.ts";

/** Without SIG. Several names of one number: the first is the one that is shown. */
export const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
};

/** What kill(1) and libc give to programs: the first real-time signals are taken by libc itself. */
export const SIGRTMIN = 34;
export const SIGRTMAX = 64;

/** RTMIN, RTMIN+n, RTMAX, RTMAX-n. */
function realTime(name: string): number | undefined {
  const match = /^RT(?:MIN(?:\+(\d{1,2}))?|MAX(?:-(\d{1,2}))?)$/.exec(name);
  if (match === null) return undefined;
  const number = name.startsWith("RTMIN")
    ? SIGRTMIN + Number(match[1] ?? 0)
    : SIGRTMAX - Number(match[2] ?? 0);
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined;
}

/**
 * A signal by its name, in any case and with or without SIG, or by its number from 0 (which only asks
 * whether the process is there) to 64.
 */
export function parseSignal(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) <= SIGRTMAX) return Number(text);
  const name = text.toUpperCase().replace(/^SIG/, "");
  const number = Object.hasOwn(SIGNALS, name) ? SIGNALS[name] : realTime(name);
  if (number !== undefined) return number;
  throw new OcirtError({
    action: "unknown signal",
    path: text,
    hint: "give a name such as KILL, SIGKILL or RTMIN+1, or a number from 0 to 64",
  });
}
