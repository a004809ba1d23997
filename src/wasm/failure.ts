/** An engine that can't go on. The message is for the user; it names the module or the path itself. */
export class EngineError extends Error {}
