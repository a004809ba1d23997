/** What init and the Wasm engine report of their own failures, as errors. */
import { OcirtError } from "../errors.ts";
import { int32At, textAt, uint32At } from "../native/packet.ts";
import { type Packet, processes } from "../native/process.ts";
import { type FailedStep, stepError } from "../plan/failure.ts";

/** "F": index of the step, errno, detail. */
export function failureOf(packet: Packet, stepAt: (index: number) => FailedStep): OcirtError {
  const index = uint32At(packet, 0);
  const errno = processes().errnoName(int32At(packet, 4));
  return stepError(stepAt(index), { errno, detail: textAt(packet, 8) });
}

/** "E": what the Wasm engine says of its own failure. */
export function engineFailure(packet: Packet): OcirtError {
  return new OcirtError({ action: "start the Wasm module", reason: textAt(packet, 0) });
}
