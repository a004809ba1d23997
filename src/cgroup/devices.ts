/**
 * The device rules of a container as one policy: a default with exceptions, which is what cgroup v1 can hold.
 * Rules are applied in order, the default devices after them. Runtime specification, config-linux.md,
 * "Allowed Device list" and "Default Devices". Pure.
 */
import type { Device, DeviceRule, Int64 } from "../spec/types.ts";
import { type LimitWrite, RESOURCES, refuseLimit } from "./limits.ts";

/** BPF_DEVCG_ACC_* of the kernel. */
export const ACCESS = { m: 1, r: 2, w: 4 } as const;
const ALL_ACCESS = 7;
export const ANY = -1;
/** No device has greater numbers: dev_t gives 12 bits to the major and 20 to the minor. */
const MAX_NUMBER = 0xfffff;

export interface DeviceException {
  readonly type: "b" | "c";
  /** ANY for all; so for minor. */
  readonly major: number;
  readonly minor: number;
  /** A set of ACCESS. */
  readonly access: number;
}

/** Everything is allowed but the exceptions, or nothing is but them. */
export interface DevicePolicy {
  readonly allowed: boolean;
  /** Sorted, so that the same rules always make the same writes. */
  readonly exceptions: readonly DeviceException[];
}

type DefaultDevice = DeviceException & { readonly path?: string };

const rwm = (path: string | undefined, major: number, minor: number): DefaultDevice => {
  const exception = { type: "c" as const, major, minor, access: ALL_ACCESS };
  return path === undefined ? exception : { ...exception, path };
};

/** What every container may use besides its rules, as in runc: mknod of all, its /dev, pseudo terminals, tun. */
const DEFAULT_DEVICES: readonly DefaultDevice[] = [
  { type: "c", major: ANY, minor: ANY, access: ACCESS.m },
  { type: "b", major: ANY, minor: ANY, access: ACCESS.m },
  rwm("/dev/null", 1, 3),
  rwm("/dev/random", 1, 8),
  rwm("/dev/full", 1, 7),
  rwm("/dev/tty", 5, 0),
  rwm("/dev/zero", 1, 5),
  rwm("/dev/urandom", 1, 9),
  rwm(undefined, 136, ANY),
  rwm(undefined, 5, 2),
  rwm(undefined, 10, 200),
];

function accessOf(letters: string, pointer: string): number {
  let access = 0;
  for (const letter of letters) {
    if (!Object.hasOwn(ACCESS, letter)) throw refuseLimit(pointer, `\`${letter}\` is not one of r, w and m`);
    access |= ACCESS[letter as keyof typeof ACCESS];
  }
  return access;
}

/** "rwm" in the kernel's order. */
export function accessLetters(access: number): string {
  return (["r", "w", "m"] as const).filter((letter) => (access & ACCESS[letter]) !== 0).join("");
}

function numberOf(value: Int64 | undefined, pointer: string): number {
  const number = Number(value ?? ANY);
  if (number < 0) return ANY;
  if (number > MAX_NUMBER) throw refuseLimit(pointer, `no device has the number ${value}`);
  return number;
}

const TYPES: Readonly<Record<string, readonly ("b" | "c")[]>> = {
  a: ["b", "c"],
  b: ["b"],
  c: ["c"],
  u: ["c"],
};

const keyOf = ({ type, major, minor }: Omit<DeviceException, "access">) => `${type}${major}:${minor}`;

class Policy {
  allowed = false;
  readonly exceptions = new Map<string, DeviceException>();

  reset(allowed: boolean): void {
    this.allowed = allowed;
    this.exceptions.clear();
  }

  apply(allow: boolean, exception: DeviceException, pointer: string): void {
    if (allow === this.allowed) this.remove(exception, pointer);
    else this.add(exception);
  }

  private add(exception: DeviceException): void {
    const access = exception.access | (this.exceptions.get(keyOf(exception))?.access ?? 0);
    this.exceptions.set(keyOf(exception), { ...exception, access });
  }

  /** cgroup v1 ignores silently a rule that takes a part out of a wider one; that must not look like success. */
  private remove(exception: DeviceException, pointer: string): void {
    const { type, major, minor } = exception;
    for (const wide of [
      { type, major: ANY, minor },
      { type, major, minor: ANY },
      { type, major: ANY, minor: ANY },
    ]) {
      if (keyOf(wide) === keyOf(exception)) continue;
      if (((this.exceptions.get(keyOf(wide))?.access ?? 0) & exception.access) === 0) continue;
      throw refuseLimit(pointer, "it takes devices out of an earlier, wider rule, which cgroups cannot do");
    }
    const old = this.exceptions.get(keyOf(exception));
    if (old === undefined) return;
    const access = old.access & ~exception.access;
    if (access === 0) this.exceptions.delete(keyOf(exception));
    else this.exceptions.set(keyOf(exception), { ...old, access });
  }

  finish(): DevicePolicy {
    return { allowed: this.allowed, exceptions: [...this.exceptions.values()] };
  }
}

function applyRule(policy: Policy, rule: DeviceRule, pointer: string): void {
  const type = rule.type ?? "a";
  const types = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (types === undefined)
    throw refuseLimit(`${pointer}/type`, `\`${type}\` is no type of device that can be allowed`);
  const access = accessOf(rule.access ?? "rwm", `${pointer}/access`);
  const major = numberOf(rule.major, `${pointer}/major`);
  const minor = numberOf(rule.minor, `${pointer}/minor`);
  if (types.length === 2 && major === ANY && minor === ANY && access === ALL_ACCESS) {
    policy.reset(rule.allow);
    return;
  }
  for (const one of access === 0 ? [] : types)
    policy.apply(rule.allow, { type: one, major, minor, access }, pointer);
}

/** The policy of the rules and the default devices. A device of `linux.devices` replaces the default of its path. */
export function devicePolicy(rules: readonly DeviceRule[], devices: readonly Device[]): DevicePolicy {
  const policy = new Policy();
  for (const [i, rule] of rules.entries()) applyRule(policy, rule, `${RESOURCES}/devices/${i}`);
  const replaced = new Set(devices.map((device) => device.path));
  for (const { path, ...exception } of DEFAULT_DEVICES) {
    if (path === undefined || !replaced.has(path)) policy.apply(true, exception, `${RESOURCES}/devices`);
  }
  return policy.finish();
}

/** devices.list of cgroup v1. It never tells what an allow-all cgroup denies. */
export function parseDevicesList(text: string): DevicePolicy {
  const policy = new Policy();
  for (const line of text.split("\n")) {
    const [, type, major = "", minor = "", letters = ""] =
      /^([abc]) (\d+|\*):(\d+|\*) ([rwm]+)$/.exec(line) ?? [];
    if (type === "a") policy.reset(true);
    else if (type !== undefined) {
      const number = (digits: string) => (digits === "*" ? ANY : Number(digits));
      const access = accessOf(letters, "");
      policy.apply(true, { type: type as "b" | "c", major: number(major), minor: number(minor), access }, "");
    }
  }
  return policy.finish();
}

const star = (number: number) => (number === ANY ? "*" : `${number}`);

function write(allow: boolean, value: string): LimitWrite {
  const file = allow ? "devices.allow" : "devices.deny";
  return { controller: "devices", file, value, pointer: `${RESOURCES}/devices` };
}

function writeException(allow: boolean, { type, major, minor }: DeviceException, access: number): LimitWrite {
  return write(allow, `${type} ${star(major)}:${star(minor)} ${accessLetters(access)}`);
}

/**
 * The writes that bring a cgroup of v1 from `current` (undefined: a new cgroup, which has its parent's rules) to
 * the policy. Running processes lose no device in between that the policy leaves them.
 */
export function deviceWrites(policy: DevicePolicy, current?: DevicePolicy): LimitWrite[] {
  const keeps = current !== undefined && !current.allowed && !policy.allowed;
  const old = new Map(keeps ? current.exceptions.map((one) => [keyOf(one), one]) : []);
  const wanted = new Map(policy.exceptions.map((one) => [keyOf(one), one.access]));
  const writes = keeps ? [] : [write(policy.allowed, "a *:* rwm")];
  for (const exception of old.values()) {
    const dropped = exception.access & ~(wanted.get(keyOf(exception)) ?? 0);
    if (dropped !== 0) writes.push(writeException(policy.allowed, exception, dropped));
  }
  for (const exception of policy.exceptions) {
    const gained = exception.access & ~(old.get(keyOf(exception))?.access ?? 0);
    if (gained !== 0) writes.push(writeException(!policy.allowed, exception, gained));
  }
  return writes;
}
