/** The project's own executor: a WASI command on the host of src/wasm/wasi. */
import { KIND_TERMINAL } from "../native/wasi.ts";
import type { Executor, Prepared } from "./executor.ts";
import { EngineError } from "./failure.ts";
import { enterDirectory, environment, openPreopens, readText } from "./surroundings.ts";
import { FILETYPE } from "./wasi/constants.ts";
import { preopenedDirectory, socketDescriptor, standardStream } from "./wasi/fdtable.ts";
import { Host } from "./wasi/host.ts";
import { importObject } from "./wasi/imports.ts";
import { isStream } from "./wasi/sockets.ts";

const STANDARD_STREAMS = 3;

export const prepareCommand: Executor = ({ native, loaded, request }) => {
  if (loaded.kind !== "module") throw new EngineError("a component is no command of preview 1");
  const host = new Host({
    native,
    args: request.args,
    env: environment(request),
    exit: (status) => native.exit(status),
    allowUnixSockets: request.unixSockets === true,
    readText,
  });
  const imports = linked(() => importObject(host, WebAssembly.Module.imports(loaded.module)));
  let instance: WebAssembly.Instance | undefined;
  const prepared: Prepared = {
    enter() {
      enterDirectory(native, request.cwd);
      openStandardStreams(host);
      openPreopens(native, request, (fd, name, root) => {
        host.table.add(preopenedDirectory(fd, new TextEncoder().encode(name), root));
      });
      // Memory is there and imports are checked before `start`, unless that would run the module.
      if (!loaded.start) instance = instantiate(loaded.module, imports, host);
    },
    run(begin) {
      begin();
      instance ??= instantiate(loaded.module, imports, host);
      entryPoint(instance)();
      return 0;
    },
  };
  return prepared;
};

function linked<T>(link: () => T): T {
  try {
    return link();
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) throw new EngineError(error.message);
    throw error;
  }
}

function instantiate(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
  host: Host,
): WebAssembly.Instance {
  const instance = linked(() => new WebAssembly.Instance(module, imports));
  entryPoint(instance);
  const { memory } = instance.exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new EngineError("the module exports no `memory`");
  if (!(memory.buffer instanceof ArrayBuffer)) {
    throw new EngineError("the module's memory is shared; threads are not supported");
  }
  host.attach(memory);
  return instance;
}

function entryPoint(instance: WebAssembly.Instance): () => void {
  const { _start: start, _initialize: initialize } = instance.exports;
  if (typeof start === "function") return start as () => void;
  const hint = initialize === undefined ? "" : "; it is a reactor, a library that others call";
  throw new EngineError(`the module has no \`_start\`${hint}`);
}

function openStandardStreams(host: Host): void {
  for (let fd = 0; fd < STANDARD_STREAMS; fd++) {
    const kind = host.native.kind(fd);
    // A closed one stays closed to the guest, and its number is not given to anything else by accident.
    if (kind < 0) {
      host.table.add(standardStream(-1, FILETYPE.unknown, false));
      continue;
    }
    const type = kind & ~KIND_TERMINAL;
    host.table.add(
      type === FILETYPE.socketStream
        ? socketDescriptor(fd, isStream(host, fd), false)
        : standardStream(fd, type, (kind & KIND_TERMINAL) !== 0),
    );
  }
}
