/** Runs a component of WASI preview 2: its modules compiled and its imports checked before `start`. */
import { KIND_TERMINAL } from "../../native/wasi.ts";
import type { Executor } from "../executor.ts";
import { EngineError } from "../failure.ts";
import { reportTrap } from "../report.ts";
import type { Request } from "../request.ts";
import { enterDirectory, environment, openPreopens } from "../surroundings.ts";
import { isTrap } from "../trap.ts";
import { compileAll } from "./compile.ts";
import { type Entry, entryOf } from "./entry.ts";
import type { Call } from "./functions.ts";
import { Descriptor } from "./host/descriptor.ts";
import type { Preopened } from "./host/filesystem.ts";
import { bindPort, type Handler, Server } from "./http/server.ts";
import { hostImports, lookupIn } from "./imports.ts";
import { prepare } from "./instantiate.ts";
import { allInterfaces } from "./interfaces.ts";
import { parseComponent } from "./parse.ts";
import type { Exports } from "./space.ts";

const PREOPEN_FLAGS = new Set(["read", "mutate-directory"]);
const DEFAULT_PORT = 8080;

export const prepareComponent: Executor = ({ native, loaded, request }) => {
  if (loaded.kind !== "component") throw new EngineError("a module is no component");
  const preopens: Preopened[] = [];
  const process = processOf(request, (status) => native.exit(status));
  const { system, poller, interfaces } = allInterfaces(native, process, () => preopens);
  const definition = parseComponent(loaded.bytes);
  const entry = entryOf(definition);
  const compiled = compileAll(definition, request.module, request.memory);
  const imports = hostImports(lookupIn(interfaces));
  const instantiate = () => prepare({ definition, outer: undefined }, imports, compiled);
  // What is missing is told before `start`.
  const first = instantiate();
  let socket = -1;

  return {
    enter() {
      enterDirectory(native, request.cwd);
      openPreopens(native, request, (fd, name, root) => {
        const type = native.kind(fd) & ~KIND_TERMINAL;
        preopens.push([new Descriptor(system, fd, type, PREOPEN_FLAGS, { root, inRoot: root }), name]);
      });
      if (entry.kind === "http") socket = bindPort(system, request.httpPort ?? DEFAULT_PORT);
    },
    run(begin) {
      if (entry.kind === "command") {
        begin();
        return "error" in (functionOf(first(), entry)() as object) ? 1 : 0;
      }
      const handle = handlerOf(request.module, () => functionOf(instantiate()(), entry));
      const server = new Server(system, poller, socket, handle);
      server.listen();
      begin();
      return server.serve();
    },
  };
};

function processOf(request: Request, exit: (status: number) => never) {
  return { args: request.args, env: environment(request), cwd: request.cwd, exit };
}

/** Each request has an instance of its own: what one leaves behind, or a trap, is nobody else's. */
function handlerOf(module: string, fresh: () => Call): Handler {
  return (request, response) => {
    try {
      fresh()(request as never, response as never);
      return true;
    } catch (error) {
      if (!isTrap(error)) throw error;
      reportTrap(module, error, () => new Map());
      return false;
    }
  };
}

function functionOf(exports: Exports, entry: Entry): Call {
  const instance = exports.get(entry.interface);
  const item = instance?.sort === "instance" ? instance.value.get(entry.function) : undefined;
  if (item?.sort !== "func") {
    throw new EngineError(`the component is not valid: \`${entry.interface}\` has no \`${entry.function}\``);
  }
  return item.value.call;
}
