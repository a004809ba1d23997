/** What is planned for systemd, in one module: it is loaded only with this cgroup manager. */
export { unitProperties } from "./properties.ts";
export { systemdUnit, unitDirectory } from "./unit.ts";
