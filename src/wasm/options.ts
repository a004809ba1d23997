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
    value: 2 ** 19,
    why: "what calls of the host leave behind is collected early, but the first time not before the module runs",
  },
  {
    name: "BUN_JSC_useDFGJIT",
    value: 0,
    why: "the host's functions are short: optimised, a call takes 20 ns less, and the compiler keeps 1.2 MB",
  },
  {
    name: "BUN_JSC_useWarmUpMarkedBlocks",
    value: 0,
    why: "a thread that keeps 0.5 MB of the heap ready for a program that allocates much",
  },
  // On a machine with many cores these would be more, and the engine's need of tasks would depend on it.
  { name: "BUN_JSC_numberOfBaselineCompilerThreads", value: 1, why: "a fixed number of tasks" },
  { name: "BUN_JSC_numberOfGCMarkers", value: 1, why: "a fixed number of tasks" },
];

/** "NAME=value", for execve(2). */
export const ENGINE_ENVIRONMENT: readonly string[] = OPTIONS.map(({ name, value }) => `${name}=${value}`);

/**
 * Tasks that the engine may have at once: itself and init's helper, two compilers of Wasm, one of JavaScript, the
 * collector, and two of the allocator and of Bun. Where it can't have one it ends by SIGABRT, in the middle of its
 * work.
 */
export const ENGINE_TASKS = 8;

/**
 * Bytes of its own that the engine has under load, beside what the module has: a limit of memory below that is
 * the end of every module. What is above is for the module's memory to grow into.
 */
export const ENGINE_MEMORY = 8 * 2 ** 20;

/** Bytes of the copies of loader and libraries that an engine of `exec` starts from, where its caller may not mount. */
export const ENGINE_VIEW = 4 * 2 ** 20;

/** Bytes of address space, of which most is only reserved; under some GiB there is no room for compiled code. */
export const ENGINE_ADDRESS_SPACE = 2 ** 29;

/** Bytes of stack, below which the JavaScript engine refuses its own start. */
export const ENGINE_STACK = 2 ** 18;
