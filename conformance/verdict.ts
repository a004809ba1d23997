/** What a validation program's output says: the Test Anything Protocol, with diagnostics as JSON. Pure. */

export interface Run {
  /** Exit status, 128+n for signal n. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Verdict {
  readonly passed: boolean;
  /** What failed first, in the program's words; "" where nothing did. */
  readonly reason: string;
}

const failed = (reason: string): Verdict => ({ passed: false, reason: reason.trim() });

/** "not ok 3 # TODO - text" is a failure that the suite itself expects. */
const FAILURE = /^not ok \d+(?! # TODO)(?: - )?(.*)$/m;

/** Some programs count no tests, and tell of a failure only in a diagnostic. */
const ERROR = /^\s*"error": "((?:[^"\\]|\\.)+)"/m;

export function verdictOf({ status, stdout, stderr }: Run): Verdict {
  const failure = FAILURE.exec(stdout);
  if (failure !== null) return failed(failure[1] ?? "");
  const counted = /^ok \d+/m.test(stdout);
  const error = counted ? null : ERROR.exec(stdout);
  if (error !== null) return failed((JSON.parse(`"${error[1]}"`) as string).split("\n")[0] ?? "");
  if (status !== 0) return failed(stderr.trim() === "" ? `exit status ${status}` : lastWords(stderr));
  return { passed: true, reason: "" };
}

/** The runtime's own message, where there is one before the program's "exit status 1". */
function lastWords(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line !== "" && !/^(exit status|failed to) /.test(line));
  return lines[0] ?? stderr;
}
