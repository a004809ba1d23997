import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

const top = mkdtempSync(join(tmpdir(), "ocirt-log-"));
test.after(() => rmSync(top, { recursive: true, force: true }));
const logFile = join(top, "log");
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;

/** Runs calls of the log in a process of its own, and returns its stderr and what the log file then holds. */
function run(configuration: string, calls: string): { stderr: string; file: string | undefined } {
  rmSync(logFile, { force: true });
  const script = `
    import { configureLog, flushLog, logDebug, logError, logWarning } from ${JSON.stringify(join(import.meta.dirname, "log.ts"))};
    configureLog(${configuration});
    ${calls}`;
  const { stderr, status } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
  assert.is(status, 0, stderr);
  let file: string | undefined;
  try {
    file = readFileSync(logFile, "utf8");
  } catch {
    file = undefined;
  }
  return { stderr, file };
}

const json = `{ target: ${JSON.stringify(logFile)}, format: "json" }`;
const text = `{ target: ${JSON.stringify(logFile)}, format: "text" }`;
const FAILURE = 'logError(new Error("it \\"broke\\"\\nthere"));';

test("without a log, stderr gets plain messages", () => {
  const { stderr, file } = run('{ format: "text" }', `logWarning("careful"); logDebug("detail"); ${FAILURE}`);
  assert.is(stderr, 'ocirt: warning: careful\nocirt: it "broke"\nthere\n');
  assert.is(file, undefined);
});

test("without a log, the JSON format goes to stderr", () => {
  const { stderr } = run('{ format: "json" }', FAILURE);
  const { level, msg, time, ...rest } = JSON.parse(stderr);
  assert.equal([level, msg, rest], ["error", 'it "broke"\nthere', {}]);
  assert.match(time, TIME);
});

test("a failure is one line in the log, and its message on stderr", () => {
  const inJson = run(json, FAILURE);
  assert.is(inJson.stderr, 'ocirt: it "broke"\nthere\n');
  assert.is(inJson.file?.split("\n").length, 2);
  assert.is(JSON.parse(inJson.file ?? "").msg, 'it "broke"\nthere');
  const inText = run(text, FAILURE);
  assert.is(inText.stderr, inJson.stderr);
  assert.is(inText.file?.replace(TIME, "T"), 'time="T" level=error msg="it \\"broke\\"\\nthere"\n');
});

test("after a failure a JSON log is one object, whatever was warned of before; the warnings are on stderr", () => {
  const { stderr, file } = run(json, `logWarning("careful"); ${FAILURE} flushLog();`);
  assert.is(JSON.parse(file ?? "").level, "error");
  assert.is(stderr, 'ocirt: warning: careful\nocirt: it "broke"\nthere\n');
});

test("after a success the log has the warnings, and stderr has nothing", () => {
  for (const configuration of [json, text]) {
    const { stderr, file } = run(configuration, 'logWarning("careful"); flushLog();');
    assert.is(stderr, "");
    assert.match(file ?? "", /careful/);
    assert.is(file?.split("\n").length, 2);
  }
});

test("the level decides what is written, and debug messages come at once", () => {
  const quiet = run(text.replace("}", ', level: "error" }'), 'logWarning("careful"); flushLog();');
  assert.is(quiet.file, "");
  const loud = run(
    json.replace("}", ', level: "debug" }'),
    `logDebug("detail"); logWarning("careful"); ${FAILURE}`,
  );
  const levels = loud.file?.trim().split("\n");
  assert.equal(
    levels?.map((line) => JSON.parse(line).level),
    ["debug", "warning", "error"],
  );
});

test("a log is appended to, and made with mode 0644 where it is not", () => {
  run(text, "logError('one');");
  assert.is(statSync(logFile).mode & 0o777, 0o644 & ~process.umask());
  writeFileSync(logFile, "before\n");
  const script = `
    import { configureLog, logError } from ${JSON.stringify(join(import.meta.dirname, "log.ts"))};
    configureLog({ target: ${JSON.stringify(`file:${logFile}`)}, format: "text" });
    logError("after");`;
  execFileSync(process.execPath, ["-e", script], { stdio: "ignore" });
  assert.match(readFileSync(logFile, "utf8"), /^before\ntime="[^"]+" level=error msg="after"\n$/);
});

test("a log that can't be written is an error at once, and not when something is to be logged", () => {
  const wrong = (target: string) =>
    run(
      "{ format: 'text' }",
      `try { configureLog({ target: ${JSON.stringify(target)}, format: "text" }); } catch (error) { logError(error); }`,
    ).stderr;
  assert.is(
    wrong(join(top, "none/log")),
    `ocirt: open the log file \`${top}/none/log\`: no such file or directory (ENOENT)\n`,
  );
  assert.is(
    wrong("foo:x"),
    "ocirt: unknown log type `foo`; --log takes a FILE, file:PATH, syslog:ID or journald:ID\n",
  );
  assert.is(wrong(`${top}/with:colon`), "");
});

test("a closed stderr and a log that vanished fail nothing", () => {
  run(text, 'require("node:fs").closeSync(2); logError("unheard");');
  const gone = run(
    text,
    'require("node:fs").rmSync(process.argv[0] && LOG); require("node:fs").mkdirSync(LOG); logWarning("careful"); require("node:fs").rmdirSync(LOG);'.replaceAll(
      "LOG",
      JSON.stringify(logFile),
    ),
  );
  assert.is(gone.stderr, "ocirt: warning: careful\n");
});

test.run();
