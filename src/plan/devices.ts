/** Device nodes and the links of /dev (config-linux.md, Default Devices and Default filesystem objects). */
import type { Device, Spec } from "../spec/types.ts";
import { cleanPath } from "./mounts.ts";
import type { Step } from "./steps.ts";

/** stat(2): file types. `u` is mknod(1)'s other name for a character device. */
const FILE_TYPES: Readonly<Record<Device["type"], number>> = {
  c: 0o020000,
  u: 0o020000,
  b: 0o060000,
  p: 0o010000,
};

const DEFAULT_DEVICES: readonly Device[] = [
  ["/dev/null", 1, 3],
  ["/dev/zero", 1, 5],
  ["/dev/full", 1, 7],
  ["/dev/random", 1, 8],
  ["/dev/urandom", 1, 9],
  ["/dev/tty", 5, 0],
].map(([path, major, minor]) => ({ path, type: "c", major, minor, fileMode: 0o666 }) as Device);

const LINKS: readonly (readonly [string, string])[] = [
  ["/dev/fd", "/proc/self/fd"],
  ["/dev/stdin", "/proc/self/fd/0"],
  ["/dev/stdout", "/proc/self/fd/1"],
  ["/dev/stderr", "/proc/self/fd/2"],
  ["/dev/ptmx", "pts/ptmx"],
];

function deviceStep(device: Device, pointer: string | undefined): Step {
  return {
    kind: "device",
    ...(pointer === undefined ? {} : { pointer }),
    target: cleanPath(device.path),
    mode: FILE_TYPES[device.type] | ((device.fileMode ?? 0o666) & 0o7777),
    major: device.major ?? 0,
    minor: device.minor ?? 0,
    uid: device.uid ?? 0,
    gid: device.gid ?? 0,
  };
}

/** A device of config.json stands in for the default one at the same path. */
export function planDevices(spec: Spec): Step[] {
  const configured = spec.linux?.devices ?? [];
  const paths = new Set(configured.map((device) => cleanPath(device.path)));
  return [
    ...DEFAULT_DEVICES.filter((device) => !paths.has(device.path)).map((device) =>
      deviceStep(device, undefined),
    ),
    ...configured.map((device, index) => deviceStep(device, `/linux/devices/${index}`)),
    ...LINKS.map(([target, text]): Step => ({ kind: "symlink", target, text })),
  ];
}
