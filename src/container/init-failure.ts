/** What init and the Wasm engine report of their own failures, as errors. */
import { OcirtError } from "../errors.ts";
import { files } from "../native/index.ts";
import { int32At, textAt, uint32At } from "../native/packet.ts";
import { type Packet, processes } from "../native/process.ts";
import { type FailedStep, stepError } from "../plan/failure.ts";

/** "F": index of the step, errno, detail; with a descriptor of the container's root where the program was refused. */
export function failureOf(packet: Packet, stepAt: (index: number) => FailedStep): OcirtError {
  const index = uint32At(packet, 0);
  const errno = processes().errnoName(int32At(packet, 4));
  const detail = textAt(packet, 8);
  if (packet.fd === undefined) return stepError(stepAt(index), { errno, detail });
  const { diagnoseProgram } = require("./diagnose.ts") as typeof import("./diagnose.ts");
  const why = diagnoseProgram(packet.fd, detail, errno);
  files().close(packet.fd);
  return stepError(stepAt(index), { errno, detail }, why);
}

/** "E": what the Wasm engine says of its own failure. */
export function engineFailure(packet: Packet): OcirtError {
  return new OcirtError({ action: "start the Wasm module", reason: textAt(packet, 0) });
}
