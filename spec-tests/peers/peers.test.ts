/**
 * The container's own view of each field, beside that of the same bundle under crun and runc: what ocirt shows is what
 * one of them shows. OCIRT_PEERS=path:path compares with others than those installed.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { assert, type Case, clause, conclude, runtimePath } from "../harness/index.ts";
import type { Field } from "./field.ts";
import { FIELDS } from "./fields.ts";
import { readView, VIEW, type View } from "./view.ts";

const PEERS = (process.env.OCIRT_PEERS ?? "/usr/bin/crun:/usr/sbin/runc")
  .split(":")
  .filter((path) => existsSync(path));

/** The view under one runtime, or the error with which it fails. */
function viewUnder(t: Case, runtime: string, field: Field, suffix: string): View | string {
  const container = t.container((config, own) => {
    config.process.args = ["sh", "-c", `${VIEW}\nsection also\n${field.also ?? ""}`];
    field.edit(config, own);
  }, suffix);
  // A peer keeps its own things in its state directory.
  const root = runtime === runtimePath ? t.stateRoot : t.path("peers-state");
  const argv = [runtime, "--root", root, "run", "--bundle", container.bundle, container.id];
  // Not /dev/null: crun would give the host's to the container's user.
  const { stdout, stderr } = t.execute(argv, { input: "" });
  if (!stdout.includes("== also")) return stderr || stdout;
  return readView(stdout, [
    [container.bundle, "BUNDLE"],
    [container.id, "ID"],
    [basename(container.bundle), "BUNDLE"],
  ]);
}

/** The views of the peers that can run it. */
function peersOf(t: Case, field: Field, name: string): Map<string, View> {
  const views = PEERS.map((path, index) => [path, viewUnder(t, path, field, `-${name}${index}`)] as const);
  return new Map(views.filter((one): one is readonly [string, View] => typeof one[1] !== "string"));
}

/** The facts of `view` that no peer has so; each with all values. */
function unlike(view: View, peers: ReadonlyMap<string, View>): string[] {
  const facts = new Set([...view.keys(), ...[...peers.values()].flatMap((peer) => [...peer.keys()])]);
  return [...facts].filter((fact) => ![...peers.values()].some((peer) => peer.get(fact) === view.get(fact)));
}

for (const [name, field] of Object.entries(FIELDS)) {
  clause(
    `${name}: the container sees what it sees under a peer`,
    (t) => {
      const view = viewUnder(t, runtimePath, field, "-own");
      if (typeof view === "string") return assert.unreachable(view);
      const peers = peersOf(t, field, "peer");
      if (peers.size === 0) return;
      const ever = field.newerThan && peersOf(t, field.newerThan, "before");
      const ignored = (fact: string): boolean =>
        ever !== undefined &&
        [...peers].every(([path, peer]) => ever.get(path)?.get(fact) === peer.get(fact));
      const told = unlike(view, peers)
        .filter((fact) => !(field.own ?? []).some(([pattern]) => pattern.test(fact)) && !ignored(fact))
        .map((fact) =>
          [
            `${fact}: ${view.get(fact)}`,
            ...[...peers].map(([path, peer]) => `  ${path}: ${peer.get(fact)}`),
          ].join("\n"),
        );
      assert.equal(told, []);
    },
    { needs: ["peers"] },
  );
}

conclude();
