/** What test files use. */
export { assert } from "./assert.ts";
export type { Case, Edit } from "./case.ts";
export { cgroup } from "./cgroup.ts";
export type { Terms } from "./clause.ts";
export { clause, conclude } from "./clause.ts";
export {
  allow,
  bind,
  type Config,
  defaultConfig,
  MAPPED,
  type Mount,
  mapUsers,
  put,
  share,
} from "./config.ts";
export { Container, type State } from "./container.ts";
export { agent, outside, probe, wasmModule } from "./programs.ts";
export { runtimeName, runtimePath } from "./runtime.ts";
export { until } from "./wait.ts";
