/** Containers with a user namespace. */
import { assert } from "./assert.ts";
import type { Case } from "./case.ts";
import { type Config, MAPPED, mapUsers } from "./config.ts";
import type { Container } from "./container.ts";

/** The rootfs belongs to the container's root, as engines make it. */
export function owned(t: Case, { rootfs }: Container): void {
  assert.succeeds(t.execute(["chown", "-R", `${MAPPED}:${MAPPED}`, rootfs]));
}

/** A shell script in a container with its own, mapped user namespace. */
export function mapped(t: Case, script: string, edit: (c: Config) => void = () => {}): string {
  return t.shell(script, (c, container) => {
    owned(t, container);
    mapUsers(c);
    edit(c);
  });
}
