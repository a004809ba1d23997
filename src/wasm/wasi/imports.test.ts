import { test } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../failure.ts";
import { ERRNO } from "./errno.ts";
import { hostFunctions, importObject, PREVIEW1, UNSTABLE } from "./imports.ts";
import { PREVIEW1_FUNCTIONS } from "./preview1-functions.ts";
import { Guest } from "./testing.ts";

/** WasmEdge's, by the plain name; the second version of those that have one. */
const WASMEDGE_FUNCTIONS = `sock_open sock_bind sock_listen sock_connect sock_recv_from sock_send_to
  sock_getsockopt sock_setsockopt sock_getlocaladdr sock_getpeeraddr sock_getaddrinfo epoll_oneoff sock_open_v2
  sock_bind_v2 sock_listen_v2 sock_accept_v2 sock_connect_v2 sock_recv_v2 sock_recv_from_v2 sock_send_v2
  sock_send_to_v2 sock_getlocaladdr_v2 sock_getpeeraddr_v2`.split(/\s+/);

test("all functions of preview1 and of WasmEdge's extension are there, and no others", () => {
  assert.is(PREVIEW1_FUNCTIONS.length, 46);
  const { host } = new Guest();
  const names = [...PREVIEW1_FUNCTIONS, ...WASMEDGE_FUNCTIONS].sort();
  assert.equal(Object.keys(hostFunctions(host, PREVIEW1) ?? {}).sort(), names);
  assert.equal(Object.keys(hostFunctions(host, UNSTABLE) ?? {}).sort(), names);
  assert.is(hostFunctions(host, "env"), undefined);
});

test("an unknown function of WASI answers ENOSYS; one of another module is an error when it is called", () => {
  const { host } = new Guest();
  const imports = importObject(host, [
    { module: PREVIEW1, name: "sched_yield", kind: "function" },
    { module: PREVIEW1, name: "no_such_call", kind: "function" },
    { module: "env", name: "missing", kind: "function" },
  ]) as Record<string, Record<string, (...values: number[]) => number>>;
  assert.is(imports[PREVIEW1]?.sched_yield?.(), 0);
  assert.is(imports[PREVIEW1]?.no_such_call?.(1, 2), ERRNO.nosys);
  assert.throws(
    () => imports.env?.missing?.(),
    (error: Error) => error instanceof EngineError && error.message.includes("`env.missing`"),
  );
});

test("an imported memory is an error that says what is expected", () => {
  const { host } = new Guest();
  assert.throws(
    () => importObject(host, [{ module: "env", name: "memory", kind: "memory" }]),
    /imports the memory `env\.memory`.*brings its own memory and exports it/,
  );
});

test("names that every object has are a module's like any other", () => {
  const { host } = new Guest();
  const proto = "__proto__";
  const names = [proto, "constructor", "toString"];
  const imports = importObject(
    host,
    [PREVIEW1, proto].flatMap((module) => names.map((name) => ({ module, name, kind: "function" }))),
  ) as Record<string, Record<string, () => number>>;
  for (const name of names) {
    assert.is(imports[PREVIEW1]?.[name]?.(), ERRNO.nosys, name);
    assert.throws(
      () => imports[proto]?.[name]?.(),
      (error: unknown) => error instanceof EngineError,
      name,
    );
  }
  assert.is(Object.keys(Object.prototype).length, 0);
  assert.is(`${{}}`, "[object Object]");
});

test.run();
