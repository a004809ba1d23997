import { test } from "uvu";
import * as assert from "uvu/assert";
import { processTable, selectLines } from "./process-table.ts";

test("the heading, and the lines whose PID column has one of the processes", () => {
  const table = "UID        PID  PPID CMD\nroot         7     1 sleep 12\nroot        12     7 sh 7\n";
  assert.is(selectLines(table, new Set([7])), "UID        PID  PPID CMD\nroot         7     1 sleep 12\n");
  assert.is(selectLines(table, new Set()), "UID        PID  PPID CMD\n");
  assert.is(selectLines("  PID\n   12\n    7\n", new Set([7, 12])), "  PID\n   12\n    7\n");
});

test("a table without the column says nothing of whose the lines are", () => {
  assert.throws(
    () => selectLines("COMMAND\nsleep\n", new Set([7])),
    "find the container's processes: couldn't find PID field in ps output; let ps(1) print that column too",
  );
});

test("ps(1) gets the options as they are, and its refusal is told", () => {
  assert.match(processTable([process.pid], []), new RegExp(`^UID +PID .*\n\\S+ +${process.pid} `));
  assert.match(
    processTable([process.pid], ["-A", "-o", "pid,ppid"]),
    new RegExp(`^ +PID +PPID\n *${process.pid} `),
  );
  assert.throws(() => processTable([], ["--no-such-option"]), /^run `ps --no-such-option`: error: /);
});

test.run();
