/**
 * From a command line to the command's function. A hot command is loaded and run synchronously and evaluates
 * nothing but its own modules: the first turn of Bun's event loop alone costs 0.7 ms, so the process should
 * have ended before it. The other commands are imported when they are called.
 */
import { checkId } from "../container/id.ts";
import type { GlobalOptions } from "../container/options.ts";
import { OcirtError } from "../errors.ts";
import { files } from "../native/index.ts";
import { needSecondHalf } from "../native/second-half.ts";
import { globalOptions } from "./global.ts";
import { configureLog, flushLog, logError } from "./log.ts";
import type { Command, CommandArguments } from "./option-types.ts";
import { type CommandLine, canonicalWords, type GlobalValues, parseCommandLine } from "./parse.ts";
import { print } from "./print.ts";
import { programName } from "./program-name.ts";
import { usageText } from "./usage.ts";
import { UsageError } from "./usage-error.ts";

/** A command's module. `run` returns the exit code where it may not be 0; a promise where it had to wait. */
interface HotModule {
  run(global: GlobalOptions, given: CommandArguments): number | undefined | Promise<undefined>;
}
interface ColdModule {
  run(global: GlobalOptions, given: CommandArguments): number | undefined | Promise<undefined>;
}

/** The arguments of each `run` are typed by its own entry of the table; here they are all alike. */
const hot = (module: unknown): HotModule => module as HotModule;
const cold = (module: unknown): ColdModule => module as ColdModule;

const HOT: Readonly<Record<string, () => HotModule>> = {
  create: () => hot(require("./commands/create.ts")),
  start: () => hot(require("./commands/start.ts")),
  run: () => hot(require("./commands/run.ts")),
  state: () => hot(require("./commands/state.ts")),
  exec: () => hot(require("./commands/exec.ts")),
  kill: () => hot(require("./commands/kill.ts")),
  delete: () => hot(require("./commands/delete.ts")),
  pause: () => hot(require("./commands/pause.ts")),
  resume: () => hot(require("./commands/resume.ts")),
  ps: () => hot(require("./commands/ps.ts")),
  list: () => hot(require("./commands/list.ts")),
  update: () => hot(require("./commands/update.ts")),
  events: () => hot(require("./commands/events.ts")),
};

const COLD: Readonly<Record<string, () => Promise<ColdModule>>> = {
  checkpoint: async () => cold(await import("./commands/checkpoint.ts")),
  restore: async () => cold(await import("./commands/restore.ts")),
  spec: async () => cold(await import("./commands/spec.ts")),
  features: async () => cold(await import("./commands/features.ts")),
  mounts: async () => cold(await import("./commands/mounts.ts")),
  explain: async () => cold(await import("./commands/explain.ts")),
  doctor: async () => cold(await import("./commands/doctor.ts")),
  wasm: async () => cold(await import("./commands/wasm.ts")),
  completion: async () => cold(await import("./commands/completion.ts")),
  help: async () => cold(await import("./commands/help.ts")),
};

const version = () => require("./feature-table.ts") as typeof import("./feature-table.ts");

/** The names that can be dispatched; a test compares them with the table. */
export const DISPATCHED = { hot: Object.keys(HOT), cold: Object.keys(COLD) };

/**
 * Runs a command line (without the program's name) and returns the exit code, at once for a hot command.
 * Throws nothing: failures are logged.
 */
export function dispatch(words: readonly string[]): number | Promise<number> {
  let debug = false;
  try {
    const line = parse(words);
    const { global, command } = line;
    ({ debug } = global);
    if (global.version) {
      print(version().versionText());
      return 0;
    }
    if (global.help || command === undefined) return printHelp(command).catch((error) => fail(error, debug));
    // Only the second half of the executable can tell where in the program an error came from.
    if (debug) needSecondHalf();
    setLog(global);
    const options = globalOptions(global);
    checkIds(command, line);
    if (!command.hot) return runCold(command, options, line).catch((error) => fail(error, debug));
    const outcome = HOT[command.name]?.().run(options, line as CommandArguments) ?? 0;
    return outcome instanceof Promise
      ? outcome.then(() => succeed(0)).catch((error) => fail(error, debug))
      : succeed(outcome);
  } catch (error) {
    return fail(error, debug);
  }
}

function succeed(code: number): number {
  flushLog();
  return code;
}

/** A wrong command line goes to the log as well, as far as the log's options were read before the mistake. */
function parse(words: readonly string[]): CommandLine {
  try {
    return parseCommandLine(words);
  } catch (error) {
    if (error instanceof UsageError && error.global !== undefined) setLog(error.global);
    throw error;
  }
}

function setLog(global: GlobalValues): void {
  configureLog({
    target: global.log,
    format: global["log-format"],
    level: global.debug ? "debug" : global["log-level"],
  });
}

/** Before anything is done with an id: it becomes part of paths. */
function checkIds(command: Command, line: CommandLine): void {
  command.positionals.forEach(({ name, optional }, index) => {
    const given = line.positionals[index];
    if (name !== "CONTAINER" || line.options.regex === true || (optional && given === undefined)) return;
    checkId(given ?? "");
  });
}

async function runCold(command: Command, options: GlobalOptions, line: CommandLine): Promise<number> {
  const { parseWithYargs } = await import("./yargs.ts");
  const given = parseWithYargs(command, canonicalWords(line));
  const module = await COLD[command.name]?.();
  const code = await module?.run(options, given as CommandArguments);
  flushLog();
  return code ?? 0;
}

async function printHelp(command: Command | undefined): Promise<number> {
  const help = await import("./commands/help.ts");
  await help.printHelp(command);
  return 0;
}

function fail(error: unknown, debug: boolean): number {
  logError(error);
  if (error instanceof UsageError) writeStderr(usageText(programName(), error.command));
  else if (debug && error instanceof Error) writeStderr(`${error.stack}\n`);
  return error instanceof OcirtError ? error.exitCode : 1;
}

function writeStderr(text: string): void {
  try {
    files().writeFd(2, text);
  } catch {
    // Nobody reads it: the exit code still tells.
  }
}
