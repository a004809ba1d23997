/** Who runs a container's process: the kernel, or the Wasm engine. Pure. */
import { OcirtError } from "../errors.ts";
import type { Spec } from "../spec/types.ts";
import { EXECUTOR_NAMES, type ExecutorName } from "./executor-names.ts";
import { checkLimits } from "./limits.ts";
import { type FileKind, sniff } from "./sniff.ts";

export type Handler =
  | { readonly kind: "linux" }
  | {
      readonly kind: "wasm";
      /** As the annotation has it; "argv0" where the program's name decided. */
      readonly variant: string;
      /** Whether an ordinary program would have been run as one. */
      readonly smart: boolean;
      readonly executor: ExecutorName;
      /** Sockets of AF_UNIX, which only the container's file permissions confine. */
      readonly unixSockets: boolean;
      /** Where a component's HTTP handler is served. */
      readonly httpPort: number;
    };

const LINUX: Handler = { kind: "linux" };

/** The annotation's values, and whether they look at the program first. crun's words and meanings. */
interface Selector {
  readonly annotation: string;
  readonly values: Readonly<Record<string, { smart: boolean }>>;
}

/** The first that is present decides. */
const SELECTORS: readonly Selector[] = [
  { annotation: "run.oci.handler", values: { wasm: { smart: false }, "wasm-smart": { smart: true } } },
  {
    annotation: "module.wasm.image/variant",
    values: { compat: { smart: false }, "compat-smart": { smart: true } },
  },
];

/** A pod's sandbox runs the pause program, whatever the pod's annotations say. */
const SANDBOX_MARKS = [
  ["io.kubernetes.cri.container-type", "sandbox"],
  ["io.kubernetes.cri-o.ContainerType", "sandbox"],
] as const;

/** The executable under this name acts as if every container had the smart annotation. */
const WASM_PROGRAM = "ocirt-wasm";

const EXECUTOR = "run.ocirt.wasm.executor";
const UNIX_SOCKETS = "run.ocirt.wasm.unix-sockets";
const HTTP_PORT = "run.ocirt.wasm.http-port";
const DEFAULT_HTTP_PORT = 8080;

/** crun goes by these endings alone, without regard to case. */
const MODULE_NAME = /\.(wasm|wat)$/i;

const IS_MODULE: Readonly<Record<FileKind, boolean | undefined>> = {
  module: true,
  component: true,
  text: true,
  elf: false,
  script: false,
  unknown: undefined,
};

function unsupported(annotation: string, value: string, supported: readonly string[]): OcirtError {
  return new OcirtError({
    action: "choose the handler",
    pointer: `/annotations/${annotation.replaceAll("~", "~0").replaceAll("/", "~1")}`,
    reason: `\`${value}\` is not supported`,
    hint: `supported are ${supported.map((word) => `\`${word}\``).join(" and ")}`,
  });
}

/** A value out of a few; the first where the annotation is absent. */
function choice<Word extends string>(
  spec: Spec,
  annotation: string,
  words: readonly [Word, ...Word[]],
): Word {
  const value = spec.annotations?.[annotation];
  if (value === undefined) return words[0];
  const known = words.find((word) => word === value);
  if (known === undefined) throw unsupported(annotation, value, words);
  return known;
}

/** Throws an OcirtError for what is no port. */
function httpPort(spec: Spec): number {
  const value = spec.annotations?.[HTTP_PORT];
  if (value === undefined) return DEFAULT_HTTP_PORT;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port > 0 && port < 65536) return port;
  throw new OcirtError({
    action: "choose the handler",
    pointer: `/annotations/${HTTP_PORT}`,
    reason: `\`${value}\` is not a port`,
    hint: "give a number from 1 to 65535",
  });
}

function selected(spec: Spec, argv0: string): { variant: string; smart: boolean } | undefined {
  for (const { annotation, values } of SELECTORS) {
    const value = spec.annotations?.[annotation];
    if (value === undefined) continue;
    if (!Object.hasOwn(values, value)) throw unsupported(annotation, value, Object.keys(values));
    return { variant: value, smart: values[value]?.smart ?? false };
  }
  const name = argv0.slice(argv0.lastIndexOf("/") + 1);
  return name === WASM_PROGRAM ? { variant: "argv0", smart: true } : undefined;
}

function isModule(spec: Spec, head: Uint8Array | undefined): boolean {
  const known = head === undefined ? undefined : IS_MODULE[sniff(head)];
  return known ?? MODULE_NAME.test(spec.process?.args?.[0] ?? "");
}

/**
 * `argv0`: the name that ocirt was called by. `look`: the first bytes of the file of args[0], where they
 * can be had; without them the smart variants go by the name's ending, as crun does. Throws an OcirtError for an
 * annotation's unknown value, and for a limit of tasks that the engine can't live with.
 */
export function chooseHandler(
  spec: Spec,
  argv0: string,
  look: () => Uint8Array | undefined = () => undefined,
): Handler {
  if (SANDBOX_MARKS.some(([annotation, value]) => spec.annotations?.[annotation] === value)) return LINUX;
  const selection = selected(spec, argv0);
  if (selection === undefined) return LINUX;
  if (selection.smart && !isModule(spec, look())) return LINUX;
  checkLimits(spec);
  return {
    kind: "wasm",
    ...selection,
    executor: choice(spec, EXECUTOR, EXECUTOR_NAMES),
    unixSockets: choice(spec, UNIX_SOCKETS, ["false", "true"]) === "true",
    httpPort: httpPort(spec),
  };
}
