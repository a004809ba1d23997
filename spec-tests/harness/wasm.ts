/** Containers of Wasm modules: the rootfs holds the module and nothing else, as an image FROM scratch. */
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { assert } from "./assert.ts";
import type { Case, Edit } from "./case.ts";
import { clause } from "./clause.ts";
import type { Result } from "./command.ts";
import type { Container } from "./container.ts";
import { guestModule, wasmModule } from "./programs.ts";

let made = 0;

/** A test that needs a runtime with a Wasm engine. */
export function wasmClause(name: string, body: (t: Case) => void | Promise<void>): void {
  clause(name, body, { needs: ["wasm"] });
}

/** A container of the module in a file, with these arguments. */
function containerOf(t: Case, file: string, args: readonly string[], edit: Edit): Container {
  return t.container((c, container) => {
    rmSync(container.rootfs, { recursive: true });
    mkdirSync(container.rootfs);
    copyFileSync(file, join(container.rootfs, "module.wasm"));
    c.annotations = { "module.wasm.image/variant": "compat" };
    c.process.args = ["/module.wasm", ...args];
    c.process.env = ["NAME=value"];
    edit(c, container);
  }, `-${++made}`);
}

/** A container of the test module with these arguments. */
export function moduleContainer(t: Case, args: readonly string[], edit: Edit = () => {}): Container {
  return containerOf(t, wasmModule(), args, edit);
}

/** A container of one of the modules of spec-tests/guests. */
export function guestContainer(
  t: Case,
  name: string,
  args: readonly string[],
  edit: Edit = () => {},
): Container {
  return containerOf(t, guestModule(name), args, edit);
}

/** Runs the test module to its end. */
export function runModule(t: Case, args: readonly string[], edit?: Edit, input?: string): Result {
  return moduleContainer(t, args, edit).run([], input === undefined ? {} : { input });
}

/** A running container whose module sleeps, with guests of this repository beside it. */
export async function sleepingModule(
  t: Case,
  edit: Edit = () => {},
  guests: readonly string[] = [],
): Promise<Container> {
  const container = moduleContainer(t, ["sleep"], (c, made) => {
    for (const guest of guests) {
      copyFileSync(guestModule(guest), join(made.rootfs, `${guest.replace("/", "-")}.wasm`));
    }
    edit(c, made);
  });
  await container.runDetached();
  await container.says(/sleeping/);
  return container;
}

export const execIn = (container: Container, flags: string[], ...words: string[]) =>
  container.command("exec", ...flags, container.id, ...words);

/** What the container's own module prints for these arguments. */
export const asked = (container: Container, flags: string[], ...question: string[]): string =>
  assert.succeeds(execIn(container, flags, "/module.wasm", ...question), question.join(" ")).stdout;
