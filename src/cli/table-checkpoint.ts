/** The command that saves a container by CRIU. Data only. */
import type { Command, Option } from "./option-types.ts";
import { CONTAINER } from "./table-options.ts";

export const WORK_PATH_OPTION = {
  name: "work-path",
  kind: "text",
  value: "DIR",
  help: "where CRIU's log and statistics go",
  defaultText: "the images' directory",
} as const satisfies Option;

export const CGROUPS_MODE_OPTION = {
  name: "manage-cgroups-mode",
  kind: "choice",
  value: "MODE",
  choices: ["soft", "full", "strict", "ignore"],
  help: "how CRIU treats cgroups",
  defaultText: "soft",
} as const satisfies Option;

export const CHECKPOINT = {
  name: "checkpoint",
  summary: "save a running container by CRIU",
  description:
    "Saves the processes of a running container as CRIU images, and deletes the container unless told to leave it running. `criu` is looked for in PATH.",
  hot: false,
  options: [
    { name: "image-path", kind: "text", value: "DIR", default: "checkpoint", help: "where the images go" },
    WORK_PATH_OPTION,
    {
      name: "parent-path",
      kind: "text",
      value: "DIR",
      help: "images of an earlier --pre-dump, relative to --image-path",
    },
    { name: "leave-running", kind: "flag", help: "let the container go on" },
    { name: "pre-dump", kind: "flag", help: "save only memory, and let the container go on" },
    { name: "tcp-established", kind: "flag", help: "save open TCP connections" },
    { name: "ext-unix-sk", kind: "flag", help: "save Unix sockets that lead out of the container" },
    { name: "shell-job", kind: "flag", help: "save a container with the caller's terminal" },
    { name: "file-locks", kind: "flag", help: "save file locks" },
    CGROUPS_MODE_OPTION,
    {
      name: "page-server",
      kind: "text",
      value: "ADDRESS:PORT",
      help: "page server that the memory goes to",
    },
    {
      name: "empty-ns",
      kind: "choice",
      value: "NAMESPACE",
      choices: ["network"],
      help: "namespace whose properties are not saved",
    },
    { name: "auto-dedup", kind: "flag", help: "drop from the parent's images what these hold as well" },
    { name: "tcp-skip-in-flight", kind: "flag", help: "leave out TCP connections that are being made" },
    { name: "link-remap", kind: "flag", help: "save open files that are deleted, by links to them" },
    { name: "lazy-pages", kind: "flag", help: "serve the memory to a restore instead of saving it" },
    {
      name: "status-fd",
      kind: "text",
      value: "N",
      help: "open descriptor that gets a zero byte when the memory can be asked for",
    },
    {
      name: "network-lock",
      kind: "choice",
      value: "METHOD",
      choices: ["iptables", "nftables", "skip"],
      help: "how CRIU stops the network meanwhile",
      defaultText: "CRIU's",
    },
  ],
  positionals: [CONTAINER],
} as const satisfies Command;
