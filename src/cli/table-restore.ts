/** The command that goes on with a container that CRIU has saved. Data only. */
import type { Command } from "./option-types.ts";
import { CGROUPS_MODE_OPTION, WORK_PATH_OPTION } from "./table-checkpoint.ts";
import { BUNDLE_OPTION, CONSOLE_SOCKET_OPTION, NEW_CONTAINER, PID_FILE_OPTION } from "./table-options.ts";

export const RESTORE = {
  name: "restore",
  summary: "go on with a container that checkpoint saved",
  description:
    "Makes a container of a bundle and the CRIU images of its processes, forwards signals to it, and ends with its exit code (128+n for a signal). The container is deleted when its program has ended. `criu` is looked for in PATH.",
  hot: false,
  options: [
    BUNDLE_OPTION,
    { name: "image-path", kind: "text", value: "DIR", default: "checkpoint", help: "where the images are" },
    WORK_PATH_OPTION,
    CONSOLE_SOCKET_OPTION,
    PID_FILE_OPTION,
    { name: "detach", short: "d", kind: "flag", help: "do not wait for the container" },
    { name: "no-subreaper", kind: "flag", help: "leave the container's orphans to the caller's reaper" },
    { name: "no-pivot", kind: "flag", help: "of create and run: the root is made by CRIU in any case" },
    { name: "tcp-established", kind: "flag", help: "restore open TCP connections" },
    { name: "tcp-close", kind: "flag", help: "restore TCP connections as closed" },
    { name: "ext-unix-sk", kind: "flag", help: "restore Unix sockets that lead out of the container" },
    { name: "shell-job", kind: "flag", help: "restore a container with the caller's terminal" },
    { name: "file-locks", kind: "flag", help: "restore file locks" },
    CGROUPS_MODE_OPTION,
    {
      name: "empty-ns",
      kind: "choice",
      value: "NAMESPACE",
      choices: ["network"],
      help: "namespace whose properties are not restored",
    },
    { name: "auto-dedup", kind: "flag", help: "drop from the images what has been restored" },
    { name: "lazy-pages", kind: "flag", help: "fetch memory when it is used, from a lazy-pages daemon" },
    { name: "lsm-profile", kind: "text", value: "TYPE:NAME", help: "AppArmor profile or SELinux label" },
    { name: "lsm-mount-context", kind: "text", value: "CONTEXT", help: "SELinux context of the mounts" },
    {
      name: "network-lock",
      kind: "choice",
      value: "METHOD",
      choices: ["iptables", "nftables", "skip"],
      help: "how CRIU stopped the network at the checkpoint",
      defaultText: "CRIU's",
    },
  ],
  positionals: [NEW_CONTAINER],
} as const satisfies Command;
