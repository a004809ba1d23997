/** What the tests of exec have in common. */
import { assert } from "./assert.ts";
import type { Case, Edit } from "./case.ts";
import type { Background } from "./command.ts";
import type { Container } from "./container.ts";

/** A running container that does nothing. */
export async function sleeper(t: Case, edit: Edit = () => {}, suffix = ""): Promise<Container> {
  const container = t.container((c, own) => {
    c.process.args = ["sleep", "1000"];
    edit(c, own);
  }, suffix);
  await container.runDetached();
  return container;
}

/** What a command in the container prints; the flags stand before the container. */
export function execOut(container: Container, flags: string[], ...command: string[]): string {
  return assert.succeeds(container.command("exec", ...flags, container.id, ...command), "exec").stdout;
}

export const shell = (container: Container, flags: string[], script: string): string =>
  execOut(container, flags, "sh", "-c", script);

/** A file of --process. */
export const processFile = (t: Case, process: object): string =>
  t.file("process.json", JSON.stringify(process));

/** Kills the container amid these commands of exec: each has a status of its own or an error, and nothing is left. */
export async function endsAmid(container: Container, commands: readonly Background[]): Promise<void> {
  container.kill("KILL");
  for (const { status, stderr } of await Promise.all(commands.map((command) => command.ended))) {
    if (status === 137) continue;
    assert.is(status, 255, stderr);
    assert.match(stderr, /container not running|does not exist|stopped/, stderr);
  }
  await container.waitFor("stopped");
  container.delete();
}
