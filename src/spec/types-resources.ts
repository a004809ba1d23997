/** `linux.resources` of config.json, which is also the whole JSON of `update`. */
import type { Int64, StringMap, Uint64 } from "./types.ts";

export interface Resources {
  readonly devices?: readonly DeviceRule[];
  readonly memory?: Memory;
  readonly cpu?: Cpu;
  readonly pids?: Pids;
  readonly blockIO?: BlockIO;
  readonly hugepageLimits?: readonly Hugepage[];
  readonly network?: Network;
  /** By the name of the RDMA device. */
  readonly rdma?: { readonly [device: string]: Rdma };
  /** File of cgroup v2 to its content. */
  readonly unified?: StringMap;
}

/** One entry of the allowed device list, applied in order. */
export interface DeviceRule {
  readonly allow: boolean;
  /** Absent means all. */
  readonly type?: "a" | "b" | "c" | "u" | "p";
  /** Absent and -1 mean all; so for minor. */
  readonly major?: Int64;
  readonly minor?: Int64;
  /** Letters of r, w, m; absent means all. */
  readonly access?: string;
}

/** Bytes; -1 is no limit. */
export interface Memory {
  readonly limit?: Int64;
  readonly reservation?: Int64;
  /** Memory and swap together. */
  readonly swap?: Int64;
  readonly kernel?: Int64;
  readonly kernelTCP?: Int64;
  /** 0 to 100. */
  readonly swappiness?: Uint64;
  readonly disableOOMKiller?: boolean;
  readonly useHierarchy?: boolean;
  readonly checkBeforeUpdate?: boolean;
}

/** Times are in microseconds. */
export interface Cpu {
  readonly shares?: Uint64;
  /** Zero or negative is no limit. */
  readonly quota?: Int64;
  readonly burst?: Uint64;
  readonly period?: Uint64;
  readonly realtimeRuntime?: Int64;
  readonly realtimePeriod?: Uint64;
  /** A list like "0-3,7"; so is mems. */
  readonly cpus?: string;
  readonly mems?: string;
  /** 1 is SCHED_IDLE. */
  readonly idle?: Int64;
}

export interface Pids {
  /** -1 is no limit. */
  readonly limit?: Int64;
}

export interface BlockIO {
  readonly weight?: number;
  readonly leafWeight?: number;
  readonly weightDevice?: readonly WeightDevice[];
  readonly throttleReadBpsDevice?: readonly ThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly ThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly ThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly ThrottleDevice[];
}

export interface WeightDevice {
  readonly major: Int64;
  readonly minor: Int64;
  readonly weight?: number;
  readonly leafWeight?: number;
}

export interface ThrottleDevice {
  readonly major: Int64;
  readonly minor: Int64;
  /** Bytes or operations per second. */
  readonly rate: Uint64;
}

export interface Hugepage {
  /** As in the control file's name: "2MB". */
  readonly pageSize: string;
  /** Bytes. */
  readonly limit: Uint64;
}

/** net_cls and net_prio of cgroup v1. */
export interface Network {
  readonly classID?: number;
  readonly priorities?: readonly InterfacePriority[];
}

export interface InterfacePriority {
  readonly name: string;
  readonly priority: number;
}

export interface Rdma {
  readonly hcaHandles?: number;
  readonly hcaObjects?: number;
}
