import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { logTarget } from "./log-target.ts";

const top = mkdtempSync(join(tmpdir(), "ocirt-log-target-"));
test.after(() => rmSync(top, { recursive: true, force: true }));

const sockets = { syslog: join(top, "syslog"), journald: join(top, "journald") };

/** Binds a datagram socket, says so, and prints what it receives. */
const RECEIVER = `
use Socket; $| = 1; alarm 20;
socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die $!;
unlink $ARGV[0]; bind($socket, sockaddr_un($ARGV[0])) or die $!;
print "ready";
recv($socket, my $data, 65536, 0); print $data;
`;

/** What one message to a target sends to the socket. */
async function received(target: string, socket: string, text: string): Promise<string> {
  const receiver = spawn("perl", ["-e", RECEIVER, socket], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: string[] = [];
  receiver.stdout.setEncoding("latin1").on("data", (chunk) => chunks.push(chunk));
  await once(receiver.stdout, "data");
  const log = logTarget(target, sockets);
  log.check();
  log.write({ severity: "error", text, line: "unused" });
  await once(receiver, "close");
  return chunks.join("").replace(/^ready/, "");
}

test("journald gets priority, identifier and message, also one of several lines", async () => {
  assert.is(
    await received("journald:box", sockets.journald, "broken"),
    "PRIORITY=3\nSYSLOG_IDENTIFIER=box\nMESSAGE=broken\n",
  );
  assert.is(
    await received("journald:", sockets.journald, "one\ntwo"),
    "PRIORITY=3\nSYSLOG_IDENTIFIER=ocirt\nMESSAGE\n\x07\0\0\0\0\0\0\0one\ntwo\n",
  );
});

test("syslog gets facility user, the time and the identifier with the pid", async () => {
  const datagram = await received("syslog:box", sockets.syslog, "broken");
  assert.match(datagram, /^<11>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d box\[\d+\]: broken$/);
  assert.ok(datagram.includes(`box[${process.pid}]`));
});

test("a log that nobody reads is an error", () => {
  const nowhere = { syslog: join(top, "none"), journald: join(top, "none") };
  for (const target of ["syslog:box", "journald:box"]) {
    assert.throws(
      () => logTarget(target, nowhere).check(),
      (error: Error) => error.message === `open the log \`${top}/none\`: no such file or directory (ENOENT)`,
    );
  }
});

test("a colon makes a type only before the first slash", () => {
  assert.is(logTarget("/a:b/c").isFile, true);
  assert.is(logTarget("./a:b").isFile, true);
  assert.is(logTarget("file:/x").isFile, true);
  assert.is(logTarget("syslog:x").isFile, false);
  assert.throws(() => logTarget("stderr:x"), /^unknown log type `stderr`/);
});

test.run();
