/**
 * The environment that the engine is started with. JavaScriptCore reads its options there, at its start only;
 * the guest's own environment is part of the engine's request.
 */

interface EngineOption {
  readonly name: string;
  readonly value: number;
  readonly why: string;
}

const OPTIONS: readonly EngineOption[] = [
  {
    name: "BUN_JSC_numberOfWasmCompilerThreads",
    value: 2,
    why: "a module of 2.5 MB of code is ready after 24 ms, with one thread after 35",
  },
  {
    name: "BUN_JSC_maxPerThreadStackUsage",
    value: 2 ** 30,
    why: "RLIMIT_STACK alone says how deep a module may recurse: 50,000 frames in 8 MiB",
  },
  {
    name: "BUN_JSC_gcMaxHeapSize",
    value: 2 ** 23,
    why: "what calls of the host leave behind is collected early: an HTTP server has 16 MB of its own, not 110",
  },
  // On a machine with many cores these would be more, and the engine's need of tasks would depend on it.
  { name: "BUN_JSC_numberOfBaselineCompilerThreads", value: 1, why: "a fixed number of tasks" },
  { name: "BUN_JSC_numberOfDFGCompilerThreads", value: 1, why: "a fixed number of tasks" },
  { name: "BUN_JSC_numberOfFTLCompilerThreads", value: 1, why: "a fixed number of tasks" },
  { name: "BUN_JSC_numberOfGCMarkers", value: 1, why: "a fixed number of tasks" },
];

/** "NAME=value", for execve(2). */
export const ENGINE_ENVIRONMENT: readonly string[] = OPTIONS.map(({ name, value }) => `${name}=${value}`);

/**
 * Tasks that the engine may have at once: itself, two compilers of Wasm, three of JavaScript, the collector and
 * three of the allocator and of Bun. Where it can't have one it ends by SIGABRT, in the middle of its work.
 */
export const ENGINE_TASKS = 10;
