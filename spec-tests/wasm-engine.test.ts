/**
 * The Wasm engine itself, on the guests of spec-tests/guests and without containers: its protocol with init's
 * helper and with `start`, what becomes of a module's end, signals, and the HTTP server that is the demo.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ENGINE_COMMAND, type EngineOptions, guest, runGuest, startGuest, stopGuests } from "./engine/run.ts";

/** Runs a guest with arguments, by the name that it has as its first. */
const run = (name: string, args: readonly string[] = [], options: EngineOptions = {}) =>
  runGuest(guest(name), { args: [name, ...args], module: `/${name}.wasm`, ...options });

function withDirectory(use: (path: string) => void): () => void {
  return () => {
    const path = mkdtempSync(join(tmpdir(), "ocirt-guest-"));
    try {
      use(path);
    } finally {
      rmSync(path, { recursive: true });
    }
  };
}

test("a module runs to its end; the engine itself says nothing", () => {
  assert.equal(run("hello"), { status: 0, stdout: "hello, world\n", stderr: "", created: true });
});

test("arguments and environment", () => {
  const { stdout } = run("arguments", ["two words", ""], { env: ["KEY=value", "EMPTY="] });
  assert.is(stdout, "arg arguments\narg two words\narg \nenv KEY=value\nenv EMPTY=\n");
});

test("the working directory is told by PWD, unless the environment has it", () => {
  assert.match(run("arguments", [], { cwd: "/usr" }).stdout, /^env PWD=\/usr$/m);
  assert.match(run("arguments", [], { cwd: "/usr", env: ["PWD=/x"] }).stdout, /^env PWD=\/x$/m);
  assert.not.match(run("arguments").stdout, /PWD/);
  const { stderr, created } = run("hello", [], { cwd: "/no/such/directory" });
  assert.is(
    stderr,
    "create failed: can't change to the directory `/no/such/directory`: no such file or directory\n",
  );
  assert.not(created);
});

test("a request longer than a packet comes as a file", () => {
  const long = "x".repeat(300_000);
  assert.is(run("arguments", [long]).stdout, `arg arguments\narg ${long}\n`);
});

test("the status is the module's", () => {
  assert.is(run("exit").status, 0);
  for (const status of [0, 1, 7, 255]) assert.is(run("exit", [String(status)]).status, status);
});

test("a trap ends with 134, and stderr tells why and where", () => {
  const { status, stderr, created } = run("trap", ["unreachable"]);
  assert.is(status, 134);
  assert.ok(created);
  assert.match(
    stderr,
    /^ocirt: the module `\/trap\.wasm` trapped: Unreachable code should not be executed\n/,
  );
  assert.match(
    stderr,
    /\n {4}at innermost \(wasm-function\[\d+\]\)\n {4}at middle \(wasm-function\[\d+\]\)\n/,
  );
  assert.not.match(stderr, /\.ts|evaluating/);
  assert.match(run("trap", ["memory"]).stderr, /trapped: Out of bounds memory access\n {4}at innermost/);
  const recursion = run("trap", ["recursion"]);
  assert.is(recursion.status, 134);
  assert.match(
    recursion.stderr,
    /trapped: Maximum call stack size exceeded\n {4}at deeper .*\n {4}\(\d+ times more\)\n/,
  );
});

test("clocks and poll", () => {
  assert.equal(run("clocks"), { status: 0, stdout: "clocks ok\n", stderr: "", created: true });
});

test(
  "files of a preopened directory",
  withDirectory((path) => {
    const preopens = [{ guest: "/", host: path }];
    assert.equal(run("files", ["/"], { preopens }), {
      status: 0,
      stdout: "files ok\n",
      stderr: "",
      created: true,
    });
    assert.equal(readdirSync(path), []);
    const missing = run("files", ["/"], { preopens: [{ guest: "/", host: join(path, "none") }] });
    assert.is(
      missing.stderr,
      `create failed: can't open the directory \`${path}/none\`: no such file or directory\n`,
    );
  }),
);

test("sockets of both versions of WasmEdge's calls", () => {
  assert.equal(run("sockets"), { status: 0, stdout: "sockets ok\n", stderr: "", created: true });
});

test("memory that grows", () => {
  assert.equal(run("grow"), { status: 0, stdout: "yes!yes!", stderr: "", created: true });
});

test("a start section runs at start, and finds no memory of the host's yet", () => {
  const EFAULT = 21;
  assert.is(run("start-section").status, EFAULT);
});

test(
  "wasi_unstable",
  withDirectory((path) => {
    const file = join(path, "ten");
    writeFileSync(file, "0123456789");
    const command = ["sh", "-c", `exec "$0" "$1" <${file}`, ...ENGINE_COMMAND];
    assert.is(run("unstable", [], { command }).status, 9);
  }),
);

test("unknown imports: ENOSYS of WASI, an error of another module when it is called", () => {
  const ENOSYS = 52;
  assert.is(run("unknown-imports").status, ENOSYS);
  const { status, stderr } = run("foreign-import");
  assert.is(status, 1);
  assert.is(stderr, "ocirt: the module called `env.missing`, which the host has not\n");
});

test("what can't run is refused before the container is created", () => {
  const refusal = (name: string) => {
    const { status, stderr, created } = run(name);
    assert.is(status, 1);
    assert.not(created);
    return stderr;
  };
  assert.match(refusal("reactor"), /^create failed: the module has no `_start`; it is a reactor/);
  assert.match(refusal("memory-import"), /^create failed: the module imports the memory `env\.memory`/);
});

test(
  "a file that is no module is an error that says what it is",
  withDirectory((path) => {
    const whole = readFileSync(guest("hello"));
    const cases: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
      ["text", "(module)", /is WebAssembly text; assemble it first/],
      ["script", "#!/bin/sh\n", /is a script, not a WebAssembly module/],
      ["elf", readFileSync("/bin/true"), /is an ELF program, not a WebAssembly module/],
      ["empty", "", /is not a WebAssembly module/],
      ["cut", whole.subarray(0, 1000), /is not valid: /],
      ["version", Buffer.from("0061736d02000000", "hex"), /is not valid: /],
    ];
    for (const [name, content, expected] of cases) {
      const file = join(path, name);
      writeFileSync(file, content);
      const { status, stderr, created } = runGuest(file, { module: `/${name}` });
      assert.is(status, 1, name);
      assert.not(created, name);
      assert.ok(stderr.startsWith(`create failed: \`/${name}\` `), stderr);
      assert.match(stderr, expected);
      assert.not.match(stderr, /evaluating|WebAssembly\.Module doesn't/);
    }
  }),
);

const SIGNALS = [
  ["SIGTERM", 143],
  ["SIGINT", 130],
  ["SIGHUP", 129],
] as const;

for (const [signal, status] of SIGNALS) {
  test(`${signal} ends a created, a waiting and a busy module at once`, async () => {
    const created = startGuest(guest("hello"), { hold: true });
    await created.says("created");
    created.process.kill(signal);
    assert.is(await created.ended, status);

    for (const [name, text] of [
      ["http-server", "listening"],
      ["busy", "created"],
    ] as const) {
      const running = startGuest(guest(name), { args: [name, "0"] });
      await running.says(text);
      running.process.kill(signal);
      assert.is(await running.ended, status, name);
    }
  });
}

/** What a process has open beside its standard streams, and whether each is closed at an exec. */
function descriptors(pid: number): { target: string; closes: boolean }[] {
  const CLOEXEC = 0o2000000;
  // Of Bun's own there are an event queue and its alarm; tests may inherit a pipe.
  const harmless = /^(anon_inode:|pipe:|\/dev\/null$)/;
  return readdirSync(`/proc/${pid}/fd`)
    .filter((fd) => Number(fd) > 2)
    .flatMap((fd) => {
      try {
        const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))?.[1];
        const closes = (Number.parseInt(flags ?? "0", 8) & CLOEXEC) !== 0;
        return [{ target: readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/\[\d+\]/, ""), closes }];
      } catch {
        // Closed since it was listed.
        return [];
      }
    })
    .filter(({ target }) => !harmless.test(target));
}

test("a created engine holds no descriptor but its own, and all close at an exec", async () => {
  const held = startGuest(guest("hello"), { hold: true });
  await held.says("created");
  // The module, for the names of functions; the preopened root; the socket of `start`.
  const own = ["/", guest("hello"), "socket:"].sort();
  let open = descriptors(held.pid());
  // It closes the control socket right after it has said that it is set up.
  for (let i = 0; i < 50 && open.length > own.length; i++) {
    await new Promise((done) => setTimeout(done, 20));
    open = descriptors(held.pid());
  }
  held.process.kill("SIGTERM");
  await held.ended;
  assert.equal(open.map(({ target }) => target).sort(), own);
  assert.ok(open.every(({ closes }) => closes));
});

test("the soft limit of open files is the container's, though Bun raises it", async () => {
  const held = startGuest(guest("hello"), { hold: true, openFiles: 64 });
  await held.says("created");
  const limits = readFileSync(`/proc/${held.pid()}/limits`, "utf8");
  held.process.kill("SIGTERM");
  await held.ended;
  assert.match(limits, /^Max open files +64 +\d+ /m);
});

test("the executor wasmer: the same protocol, a file system in memory", () => {
  const wasmer = { executor: "wasmer" } as const;
  assert.equal(run("hello", [], wasmer), { status: 0, stdout: "hello, world\n", stderr: "", created: true });
  assert.is(run("arguments", ["a"], { ...wasmer, env: ["K=v"] }).stdout, "arg arguments\narg a\nenv K=v\n");
  assert.is(run("exit", ["7"], wasmer).status, 7);
  const trap = run("trap", [], wasmer);
  assert.is(trap.status, 134);
  assert.match(
    trap.stderr,
    /^ocirt: the module `\/trap\.wasm` trapped: Unreachable code should not be executed\n$/,
  );
  const file = `/ocirt-never-made-${process.pid}`;
  assert.is(run("write", [file, "in memory"], wasmer).stdout, "in memory");
  assert.not(existsSync(file));
  assert.is(run("read", ["/etc/hostname"], wasmer).status, 1);
  assert.match(run("reactor", [], wasmer).stderr, /^create failed: the module has no `_start`/);
});

/** Sends bytes to a port of this machine; what came back until the other end closed, or the text was there. */
function exchange(port: number, request: string, until?: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.on("error", fail);
    socket.on("data", (data) => {
      answer += data;
      if (until !== undefined && answer.includes(until)) socket.destroy();
    });
    socket.on("close", () => done(answer));
  });
}

const bodies = (answers: string) => answers.split("Hello from WebAssembly").length - 1;

test("the HTTP server: keep-alive, close, pipelines, many at once", async () => {
  const port = 20_000 + (process.pid % 20_000);
  const server = startGuest(guest("http-server"), { args: ["http-server", String(port)] });
  await server.says(`listening on port ${port}\n`);

  const plain = await exchange(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  assert.match(plain, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(
    plain,
    /\r\nContent-Length: 39\r\nConnection: close\r\n\r\nHello from WebAssembly in a container\.\n$/,
  );
  assert.match(await exchange(port, "GET / HTTP/1.0\r\n\r\n"), /\r\nConnection: close\r\n/);
  assert.match(await exchange(port, "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 404 /);
  const post = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbodyGET / HTTP/1.1\r\nConnection: close\r\n\r\n";
  assert.match(await exchange(port, post), /^HTTP\/1\.1 405 [\s\S]*HTTP\/1\.1 200 OK/);
  const head = await exchange(port, "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
  assert.match(head, /Content-Length: 39\r\n/);
  assert.is(bodies(head), 0);

  const pipeline = `${"GET / HTTP/1.1\r\n\r\n".repeat(500)}GET / HTTP/1.1\r\nConnection: close\r\n\r\n`;
  assert.is(bodies(await exchange(port, pipeline)), 501);

  const many = Array.from({ length: 100 }, () => exchange(port, "GET / HTTP/1.1\r\n\r\n", "container.\n"));
  for (const answer of await Promise.all(many)) assert.is(bodies(answer), 1);

  server.process.kill("SIGTERM");
  assert.is(await server.ended, 143);
});

test.after(stopGuests);

test.run();
