/** The root file system of the test containers: busybox with its applets, the probe, and two users. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { probe } from "./programs.ts";

const BUSYBOX = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path)) ?? "/bin/busybox";

const applets = execFileSync(BUSYBOX, ["--list"], { encoding: "utf8" })
  .split("\n")
  .filter((name) => name !== "" && name !== "busybox");

/** One copy for all bundles to link to: nothing that a container does may reach the host's own busybox. */
const template = join(dirname(probe), "busybox");
if (!existsSync(template)) {
  copyFileSync(BUSYBOX, `${template}.${process.pid}`);
  renameSync(`${template}.${process.pid}`, template);
}

function place(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    // The temporary directory is on another file system.
    copyFileSync(source, target);
  }
  chmodSync(target, 0o755);
}

/** Fills a new directory; a few milliseconds. */
export function makeRootfs(directory: string): void {
  for (const name of ["bin", "dev", "etc", "proc", "sys", "root", "home/user", "usr/bin", "srv", "mnt"]) {
    mkdirSync(join(directory, name), { recursive: true, mode: 0o755 });
  }
  mkdirSync(join(directory, "tmp"));
  chmodSync(join(directory, "tmp"), 0o1777);
  place(template, join(directory, "bin/busybox"));
  place(probe, join(directory, "bin/probe"));
  for (const applet of applets) symlinkSync("busybox", join(directory, "bin", applet));
  writeFileSync(
    join(directory, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n",
  );
  writeFileSync(join(directory, "etc/group"), "root:x:0:\nuser:x:1000:\nextra:x:2000:user\n");
}
