/** What the engines' test files share: the machine with images in it, and tests that need a feature. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import { guestModule } from "../harness/programs.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { runtimeName } from "../harness/runtime.ts";
import { writeImage } from "./image.ts";
import { Machine } from "./machine.ts";

/** busybox; an HTTP server for WasmEdge's sockets; a Wasm module that prints a line. */
export const BOX = "localhost/box:1";
export const SERVER = "localhost/http-server:1";
export const HELLO = "localhost/hello:1";
export const PAUSE = "localhost/pause:1";

export interface Images {
  readonly box: string;
  readonly server: string;
  readonly hello: string;
  readonly pause: string;
}

/** A new machine, and in its directory the images as files. */
export async function machineWithImages(): Promise<{ machine: Machine; images: Images }> {
  const machine = await Machine.start();
  const rootfs = machine.path("rootfs");
  makeRootfs(rootfs);
  const path = ["PATH=/bin:/usr/bin"];
  writeImage(machine.path("box.tar"), BOX, rootfs, { Cmd: ["sh"], Env: path });
  writeImage(machine.path("pause.tar"), PAUSE, rootfs, { Entrypoint: ["sleep", "1000000"], Env: path });
  for (const [guest, name] of [
    ["http-server", SERVER],
    ["hello", HELLO],
  ] as const) {
    const scratch = machine.path(guest);
    mkdirSync(scratch);
    copyFileSync(guestModule(guest), join(scratch, "module.wasm"));
    // For exec.
    copyFileSync(guestModule("hello"), join(scratch, "hello.wasm"));
    writeImage(machine.path(`${guest}.tar`), name, scratch, { Entrypoint: ["/module.wasm"] });
  }
  const file = (name: string) => machine.path(`${name}.tar`);
  return {
    machine,
    images: { box: file("box"), server: file("http-server"), hello: file("hello"), pause: file("pause") },
  };
}

/** A test of what only this project's runtime does: with another one it is skipped. */
export const ocirtTest = runtimeName === "ocirt" ? test : test.skip;
