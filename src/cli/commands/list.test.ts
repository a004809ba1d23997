import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContainerSummary } from "../../container/list.ts";
import { table } from "./list.ts";

const container = (id: string, bundle: string): ContainerSummary => ({
  ociVersion: "1.0.2",
  id,
  pid: 4711,
  status: "running",
  bundle,
  rootfs: `${bundle}/rootfs`,
  created: "2026-01-02T03:04:05.678Z",
  annotations: {},
  owner: "root",
});

test("columns are twelve wide at least, and three wider than the longest entry", () => {
  assert.is(table([]), "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
  assert.is(
    table([container("a", "/b"), container("a-very-long-name", "/var/lib/bundle")]),
    [
      "ID                 PID         STATUS      BUNDLE            CREATED                    OWNER",
      "a                  4711        running     /b                2026-01-02T03:04:05.678Z   root",
      "a-very-long-name   4711        running     /var/lib/bundle   2026-01-02T03:04:05.678Z   root",
      "",
    ].join("\n"),
  );
});

test.run();
