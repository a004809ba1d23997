/** The root file system of the test containers: busybox with its applets, the probe, and two users. */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { probe } from "./programs.ts";

/** Debian's static one. */
export const BUSYBOX =
  ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path)) ?? "/bin/busybox";

const applets = execFileSync(BUSYBOX, ["--list"], { encoding: "utf8" })
  .split("\n")
  .filter((name) => name !== "" && name !== "busybox");

/** A copy, never a link: what a test's container or a chown does to it must reach no other test's. */
function place(source: string, target: string): void {
  copyFileSync(source, target);
  chmodSync(target, 0o755);
}

/** Fills a new directory; a few milliseconds. */
export function makeRootfs(directory: string): void {
  for (const name of ["bin", "dev", "etc", "proc", "sys", "root", "home/user", "usr/bin", "srv", "mnt"]) {
    mkdirSync(join(directory, name), { recursive: true, mode: 0o755 });
  }
  mkdirSync(join(directory, "tmp"));
  chmodSync(join(directory, "tmp"), 0o1777);
  place(BUSYBOX, join(directory, "bin/busybox"));
  place(probe, join(directory, "bin/probe"));
  for (const applet of applets) symlinkSync("busybox", join(directory, "bin", applet));
  writeFileSync(
    join(directory, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n",
  );
  writeFileSync(join(directory, "etc/group"), "root:x:0:\nuser:x:1000:\nextra:x:2000:user\n");
}
