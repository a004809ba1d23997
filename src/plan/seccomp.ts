/**
 * `linux.seccomp` as numbers: what libseccomp is told, and the flags of seccomp(2). Pure.
 * Runtime specification, config-linux.md, "Seccomp".
 */
import { OcirtError } from "../errors.ts";
import { SECCOMP_RECEIVER } from "../spec/annotations.ts";
import type { Seccomp, Spec, SyscallArg, SyscallRule, Uint64 } from "../spec/types.ts";
import {
  ERRNO_ACTIONS,
  FLAG_NEW_LISTENER,
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
} from "./seccomp-tables.ts";

export interface SeccompCondition {
  /** Which argument of the system call, 0 to 5. */
  readonly index: number;
  readonly op: number;
  readonly value: bigint;
  readonly valueTwo: bigint;
}

/** One rule of one system call; its conditions must all hold. */
export interface SeccompRule {
  readonly name: string;
  readonly action: number;
  readonly conditions: readonly SeccompCondition[];
  /** Where in config.json it comes from. */
  readonly pointer: string;
}

export interface SeccompRules {
  readonly defaultAction: number;
  /** Tokens of libseccomp, without the native one unless the config names it. */
  readonly architectures: readonly number[];
  readonly rules: readonly SeccompRule[];
}

const POINTER = "/linux/seccomp";
const EPERM = 1;
const MAX_ERRNO = 4095;
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

function refuse(pointer: string, reason: string): OcirtError {
  return new OcirtError({ action: "read the seccomp profile", pointer: POINTER + pointer, reason });
}

function lookUp(
  table: Readonly<Record<string, number>>,
  name: string,
  pointer: string,
  what: string,
): number {
  const value = Object.hasOwn(table, name) ? table[name] : undefined;
  if (value === undefined) throw refuse(pointer, `unknown seccomp ${what} \`${name}\``);
  return value;
}

/** The number of an action with its errno; EPERM where the config gives none. */
function actionNumber(
  name: string,
  errnoRet: number | undefined,
  pointer: string,
  errnoField: string,
): number {
  const action = lookUp(SECCOMP_ACTIONS, name, pointer, "action");
  if (!ERRNO_ACTIONS.has(name)) {
    if (errnoRet === undefined) return action;
    throw refuse(errnoField, `the action \`${name}\` takes no errno`);
  }
  const number = errnoRet ?? EPERM;
  if (!Number.isInteger(number) || number < 0 || number > MAX_ERRNO) {
    throw refuse(errnoField, `an errno is 0 to ${MAX_ERRNO}, not ${number}`);
  }
  return action + number;
}

function uint64(value: Uint64, pointer: string): bigint {
  const big = BigInt(value);
  if (big < 0n || big > MAX_UINT64) throw refuse(pointer, `${value} is no 64-bit unsigned number`);
  return big;
}

function condition(arg: SyscallArg, pointer: string): SeccompCondition {
  const { index } = arg;
  if (!Number.isInteger(index) || index < 0 || index > 5) {
    throw refuse(`${pointer}/index`, `a system call has the arguments 0 to 5, not ${index}`);
  }
  return {
    index,
    op: lookUp(SECCOMP_OPERATORS, arg.op, `${pointer}/op`, "operator"),
    value: uint64(arg.value, `${pointer}/value`),
    valueTwo: uint64(arg.valueTwo ?? 0, `${pointer}/valueTwo`),
  };
}

/** libseccomp ANDs conditions but allows one per argument; several on one argument are ORed, as in runc. */
function alternatives(conditions: readonly SeccompCondition[]): (readonly SeccompCondition[])[] {
  const distinct = new Set(conditions.map((one) => one.index)).size;
  return distinct === conditions.length ? [conditions] : conditions.map((one) => [one]);
}

function rulesOf(rule: SyscallRule, position: number, defaultAction: number): SeccompRule[] {
  const pointer = `/syscalls/${position}`;
  const action = actionNumber(rule.action, rule.errnoRet, `${pointer}/action`, `${pointer}/errnoRet`);
  const conditions = (rule.args ?? []).map((arg, i) => condition(arg, `${pointer}/args/${i}`));
  // libseccomp refuses a rule that does what happens anyway.
  if (action === defaultAction) return [];
  const choices = alternatives(conditions);
  return rule.names.flatMap((name, i) => {
    const where = `${pointer}/names/${i}`;
    if (name === "") throw refuse(where, "a system call has a name");
    // runc's init would wait for itself; a profile that one runtime refuses is refused by the other.
    if (rule.action === "SCMP_ACT_NOTIFY" && name === "write") {
      throw refuse(where, "SCMP_ACT_NOTIFY cannot be used for the write syscall");
    }
    return choices.map((one) => ({ name, action, conditions: one, pointer: POINTER + where }));
  });
}

/** Throws OcirtError with the JSON pointer of what is wrong. */
export function seccompRules(seccomp: Seccomp): SeccompRules {
  if (seccomp.defaultAction === "SCMP_ACT_NOTIFY") {
    throw refuse("/defaultAction", "SCMP_ACT_NOTIFY cannot be used as the default action");
  }
  const { defaultErrnoRet } = seccomp;
  const defaultAction = actionNumber(
    seccomp.defaultAction,
    defaultErrnoRet,
    "/defaultAction",
    "/defaultErrnoRet",
  );
  return {
    defaultAction,
    architectures: (seccomp.architectures ?? []).map((name, i) =>
      lookUp(SECCOMP_ARCHITECTURES, name, `/architectures/${i}`, "architecture"),
    ),
    rules: (seccomp.syscalls ?? []).flatMap((rule, i) => rulesOf(rule, i, defaultAction)),
  };
}

/** Whether a rule hands system calls to a listener. */
export function needsListener(seccomp: Seccomp): boolean {
  return (seccomp.syscalls ?? []).some((rule) => rule.action === "SCMP_ACT_NOTIFY");
}

/** Who answers the calls that rules hand to a listener: the configuration's, else that of crun's annotation. */
export function seccompAgentOf(spec: Spec): { readonly path: string; readonly metadata?: string } {
  const { listenerPath, listenerMetadata } = spec.linux?.seccomp ?? {};
  const path = listenerPath || spec.annotations?.[SECCOMP_RECEIVER] || "";
  return { path, ...(listenerMetadata ? { metadata: listenerMetadata } : {}) };
}

/**
 * The flags for seccomp(2). No `flags` at all means SPEC_ALLOW, as in runc and crun: a filter alone should not
 * cost the container the speculative store bypass. An empty list means none.
 */
export function seccompFlags(seccomp: Seccomp): number {
  const listener = needsListener(seccomp);
  const names = seccomp.flags ?? ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"];
  let flags = listener ? FLAG_NEW_LISTENER : 0;
  for (const [i, name] of names.entries()) {
    flags |= lookUp(SECCOMP_FLAGS, name, `/flags/${i}`, "flag");
    if (name === "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" && !listener) {
      throw refuse(`/flags/${i}`, `\`${name}\` needs a rule with SCMP_ACT_NOTIFY`);
    }
  }
  // Init has one thread, and a second one only to send the listener, which the filter may not be in force for.
  return listener ? flags & ~SECCOMP_FLAGS.SECCOMP_FILTER_FLAG_TSYNC : flags;
}
