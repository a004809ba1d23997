/** What `features` prints (features.md, features-linux.md), read off the tables that the planners work by. */
import { seccompFlagsSupported } from "../native/features.ts";
import { seccompVersion } from "../native/seccomp.ts";
import { CAPABILITIES } from "../plan/capabilities.ts";
import { mountOptionNames } from "../plan/mount-options.ts";
import { NAMESPACES } from "../plan/namespaces.ts";
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from "../plan/scheduling.ts";
import {
  FLAG_NEW_LISTENER,
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
} from "../plan/seccomp-tables.ts";
import type { Features, HookKind, NamespaceType } from "../spec/types.ts";
import { SPEC_VERSION_MAX, SPEC_VERSION_MIN } from "../spec/version.ts";
import { EXECUTOR_NAMES } from "../wasm/executor-names.ts";
import { COMMIT, VERSION } from "./build-info.ts";
import { FEATURES } from "./feature-table.ts";

/** config.md, POSIX-platform Hooks: all of them, in the order in which they run. */
const HOOKS: readonly HookKind[] = [
  "prestart",
  "createRuntime",
  "createContainer",
  "startContainer",
  "poststart",
  "poststop",
];

/** Annotations that change what runs, or with which rights: an engine lets only trusted users set them. */
const UNSAFE_ANNOTATIONS = [
  "module.wasm.image/variant",
  "io.kubernetes.cri.container-type",
  "io.kubernetes.cri-o.ContainerType",
  "org.criu.",
  "org.systemd.property.",
  "run.oci.",
  "run.ocirt.",
];

const sorted = (table: object): string[] => Object.keys(table).sort();

/** WAIT_KILLABLE_RECV is of a listener, and the kernel refuses it without one. */
const WITH_LISTENER: ReadonlySet<string> = new Set(["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]);

function supportedFlags(): string[] {
  return Object.entries(SECCOMP_FLAGS)
    .filter(([name, flag]) =>
      seccompFlagsSupported(WITH_LISTENER.has(name) ? flag | FLAG_NEW_LISTENER : flag),
    )
    .map(([name]) => name);
}

export function features(): Features {
  return {
    ociVersionMin: SPEC_VERSION_MIN,
    ociVersionMax: SPEC_VERSION_MAX,
    hooks: HOOKS,
    mountOptions: mountOptionNames(),
    linux: {
      namespaces: sorted(NAMESPACES) as NamespaceType[],
      capabilities: CAPABILITIES,
      cgroup: {
        v1: FEATURES.CGROUP,
        v2: FEATURES.CGROUP,
        systemd: FEATURES.SYSTEMD,
        systemdUser: FEATURES.SYSTEMD,
      },
      seccomp: {
        enabled: FEATURES.SECCOMP,
        actions: sorted(SECCOMP_ACTIONS),
        operators: sorted(SECCOMP_OPERATORS),
        archs: sorted(SECCOMP_ARCHITECTURES),
        knownFlags: Object.keys(SECCOMP_FLAGS),
        supportedFlags: supportedFlags(),
      },
      apparmor: { enabled: FEATURES.APPARMOR },
      selinux: { enabled: FEATURES.SELINUX },
      intelRdt: { enabled: true, schemata: true, monitoring: true },
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: true },
      memoryPolicy: {
        modes: Object.keys(MEMORY_POLICY_MODES),
        flags: Object.keys(MEMORY_POLICY_FLAGS),
      },
    },
    annotations: {
      "io.github.seccomp.libseccomp.version": seccompVersion(),
      "org.opencontainers.runc.checkpoint.enabled": String(FEATURES.CRIU),
      "run.ocirt.commit": COMMIT,
      "run.ocirt.version": VERSION,
      "run.ocirt.wasm": String(FEATURES["WASM:ocirt"]),
      "run.ocirt.wasm.executors": EXECUTOR_NAMES.join(","),
    },
    potentiallyUnsafeConfigAnnotations: UNSAFE_ANNOTATIONS,
  };
}
