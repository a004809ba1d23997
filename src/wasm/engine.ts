/**
 * The Wasm engine: the executable's other mode, a container's process that runs one module. It starts with the
 * host's file system in sight and all restrictions in force, compiles, has a helper pivot under it, and waits
 * for `start`. Nothing here loads a module of Node: each would cost milliseconds at every start.
 */
import { type WasiNative, wasiNative } from "../native/wasi.ts";
import type { Executor, Prepared } from "./executor.ts";
import { EXECUTORS } from "./executors.ts";
import { EngineError } from "./failure.ts";
import { type Loaded, loadModule } from "./module.ts";
import { report, reportTrap } from "./report.ts";
import { expectPacket, PACKET, type Received, receiveRequest, sendPacket } from "./request.ts";
import { isTrap, keepFrames, TRAP_STATUS } from "./trap.ts";

const FAILURE_STATUS = 1;

/**
 * Runs the module that the request on the control socket names; ends the process. It returns only where an
 * executor has to be loaded asynchronously: the caller must then do nothing more.
 */
export function runEngine(controlFd: number): void {
  const native = wasiNative();
  native.installSignals();
  closeAddon(native);
  const engine = new Engine(native, controlFd);
  engine.guarded(() => {
    const received = receiveRequest(native, controlFd);
    const { request } = received;
    if (request.openFiles !== undefined) native.limitOpenFiles(request.openFiles);
    const executor = EXECUTORS[request.executor ?? "ocirt"];
    const loaded = loadModule(native, received.module, request, executor.match);
    const finish = (prepare: Executor) =>
      engine.guarded(() => engine.finish(received, loaded, prepare({ native, loaded, request })));
    const prepare = executor.load(loaded.kind);
    if (prepare instanceof Promise) prepare.then(finish).catch((error) => engine.fail(error));
    else finish(prepare);
  });
}

/** The addon is mapped; its file is no business of the container's. */
function closeAddon(native: WasiNative): void {
  const fd = process.env.OCIRT_ADDON_FD;
  if (fd !== undefined) native.close(Number(fd));
}

class Engine {
  readonly #native: WasiNative;
  /** Who is told of a failure: the helper until the set-up is done, then the caller of `start`. */
  #listener: number;

  constructor(native: WasiNative, control: number) {
    this.#native = native;
    this.#listener = control;
  }

  /** From the compiled module to the end of the process. */
  finish(received: Received, loaded: Loaded, prepared: Prepared): never {
    const native = this.#native;
    const control = this.#listener;
    sendPacket(native, control, PACKET.ready);
    expectPacket(native, control, PACKET.pivoted);
    prepared.enter();
    sendPacket(native, control, PACKET.done);
    native.close(control);
    this.#listener = -1;

    const starter = native.waitForStart(received.start);
    if (starter < 0) throw new EngineError("the wait for `start` failed");
    native.close(received.start);
    this.#listener = starter;
    keepFrames();
    return native.exit(this.#run(received.request.module, loaded, prepared));
  }

  #run(module: string, loaded: Loaded, prepared: Prepared): number {
    try {
      return prepared.run(() => {
        this.#native.close(this.#listener);
        this.#listener = -1;
      });
    } catch (error) {
      if (error instanceof EngineError || !isTrap(error)) throw error;
      reportTrap(module, error, loaded.namesOf);
      return TRAP_STATUS;
    }
  }

  guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Tells who listens, or stderr, and ends. */
  fail(error: unknown): never {
    const text = error instanceof EngineError ? error.message : `the engine failed: ${String(error)}`;
    if (this.#listener >= 0) {
      sendPacket(this.#native, this.#listener, PACKET.failure, text);
      // The end of the first process ends the helper too: it must have passed the text on before. It closes its
      // end then, and `start` does so when it has read.
      this.#native.receive(this.#listener, new Uint8Array(1), new Int32Array(0));
    } else report(`ocirt: ${text}\n`);
    return this.#native.exit(FAILURE_STATUS);
  }
}
