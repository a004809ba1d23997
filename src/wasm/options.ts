/**
 * The environment that the engine is started with. JavaScriptCore reads its options there, at its start only;
 * the guest's own environment is part of the engine's request.
 */

/** Name, value, and why. */
const OPTIONS = [["BUN_JSC_numberOfWasmCompilerThreads", "2"]] as const;

/** "NAME=value", for execve(2). */
export const ENGINE_ENVIRONMENT: readonly string[] = OPTIONS.map(([name, value]) => `${name}=${value}`);
