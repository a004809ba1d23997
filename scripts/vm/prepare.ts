/** Compiles what the tests need: the guest of the virtual machine has no compilers. */
import { parent } from "../../spec-tests/engine/run.ts";
import { agent, wasmModule } from "../../spec-tests/harness/programs.ts";
import { compileSupervisor } from "../testing/supervisor.ts";

compileSupervisor();
// The others are compiled when their module is evaluated.
agent();
parent();
wasmModule();
