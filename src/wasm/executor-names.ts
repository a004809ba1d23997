/** The executors' names, the default first: what an annotation may select, and `features` lists. */
export const EXECUTOR_NAMES = ["ocirt", "wasmer"] as const;

export type ExecutorName = (typeof EXECUTOR_NAMES)[number];
