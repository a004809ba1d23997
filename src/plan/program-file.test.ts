import { test } from "uvu";
import * as assert from "uvu/assert";
import { explainProgram, readElf } from "./program-file.ts";

const X86_64 = 62;

/** The explanation of a file at /p among others of the rootfs, as one text. */
function explain(
  content: string | Uint8Array,
  errno = "ENOEXEC",
  others: Record<string, string> = {},
): string | undefined {
  const files: Record<string, string | Uint8Array> = { ...others, "/p": content };
  const found = explainProgram("/p", errno, X86_64, (path) => {
    const file = files[path];
    return typeof file === "string" ? new TextEncoder().encode(file) : file;
  });
  return found === undefined ? undefined : `${found.reason}; ${found.hint}`;
}

/** A 64-bit little-endian ELF with a PT_INTERP. */
function elf(machine: number, type = 2, interpreter = ""): Uint8Array {
  const bytes = new Uint8Array(64 + 56 + interpreter.length + 1);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, interpreter === "" ? 0 : 1, true);
  view.setUint32(64, 3, true);
  view.setBigUint64(64 + 8, 120n, true);
  view.setBigUint64(64 + 32, BigInt(interpreter.length + 1), true);
  bytes.set(new TextEncoder().encode(interpreter), 120);
  return bytes;
}

test("a script without an interpreter", () => {
  assert.is(
    explain("echo hello\n"),
    'the file is a script without an interpreter; put `#!/bin/sh`, or what else it is written for, in its first line, or call it by "args": ["sh", …]',
  );
  assert.is(explain("#!\n"), "the file is a script without an interpreter after `#!`; name one: `#!/bin/sh`");
  assert.is(
    explain("\ufeff#!/bin/sh\n"),
    "the file is a script with a byte order mark before `#!`; write it without the mark",
  );
  assert.is(
    explain(`#!/${"x".repeat(300)}\n`),
    "the file is a script whose first line is longer than 256 bytes; name an interpreter with a shorter path",
  );
});

test("a script with an interpreter that can't be had", () => {
  assert.is(
    explain("#!/bin/bash -e\n", "ENOENT"),
    "the file is a script whose interpreter `/bin/bash` is missing in the rootfs; add `/bin/bash` to the rootfs, or name another in the script's first line",
  );
  assert.is(
    explain("#! /bin/sh\r\n", "ENOENT"),
    "the file is a script whose first line, `#!/bin/sh`, ends with a carriage return; write it with Unix line ends, as dos2unix does",
  );
  assert.is(
    explain("#!/bin/a\n", "EACCES"),
    "the file is a script whose interpreter `/bin/a` may not be executed; give it, and the directories of its path, the x permission",
  );
  assert.is(
    explain("#!/bin/a\n", "ENOEXEC", { "/bin/a": "noise\n" }),
    'it is a script for `/bin/a`, and there the file is a script without an interpreter; put `#!/bin/sh`, or what else it is written for, in its first line, or call it by "args": ["sh", …]',
  );
  assert.is(explain("#!/p\n", "ENOENT"), undefined, "one that names itself");
});

test("an ELF of another architecture, for another loader, or no program", () => {
  assert.is(
    explain(elf(183)),
    "the file is an ELF for arm64, and this host is x86-64; use an image for this host's architecture, or register an emulator such as qemu-user with binfmt_misc",
  );
  assert.match(explain(elf(4711)) ?? "", /an ELF for machine 4711, and this host is x86-64/);
  assert.is(
    explain(elf(62, 3, "/lib/ld-musl-x86_64.so.1"), "ENOENT"),
    "the file is an ELF whose interpreter `/lib/ld-musl-x86_64.so.1` is missing in the rootfs; add the C library that it was linked with, or link it statically",
  );
  assert.is(explain(elf(62, 1)), "the file is an object file; link it to a program");
  assert.match(explain(elf(62).subarray(0, 10)) ?? "", /cut short/);
  assert.is(explain(elf(62)), undefined);
});

test("hostile headers say nothing and do no harm", () => {
  const bytes = elf(62, 3, "/lib/x");
  const view = new DataView(bytes.buffer);
  view.setBigUint64(32, 0xffff_ffff_ffff_fff0n, true);
  assert.is(readElf(bytes)?.interpreter, undefined);
  view.setBigUint64(32, 64n, true);
  view.setBigUint64(64 + 8, 1n << 62n, true);
  assert.is(readElf(bytes)?.interpreter, undefined);
});

test("a Wasm module without its annotation", () => {
  assert.is(
    explain(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])),
    'the file is a WebAssembly module, and no annotation says that it is to be run as one; add "annotations": { "module.wasm.image/variant": "compat" }',
  );
  assert.match(
    explain(new Uint8Array([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0])) ?? "",
    /^the file is a WebAssembly component/,
  );
  assert.match(
    explain("(module)\n") ?? "",
    /^the file is WebAssembly in text form; compile it with wat2wasm/,
  );
});

test("other files", () => {
  assert.is(explain(""), "the file is empty; copy it into the rootfs again");
  assert.is(explain("MZ\0\0"), "the file is a program for Windows; use one for Linux");
  assert.is(
    explain(new Uint8Array([1, 2, 3])),
    "the file is in no format that the kernel knows; use a program for Linux",
  );
  assert.is(
    explainProgram("/gone", "ENOENT", X86_64, () => undefined),
    undefined,
  );
});

test.run();
