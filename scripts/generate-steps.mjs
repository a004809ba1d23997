// Makes the C header of the step table from src/plan/steps.ts: kinds, one struct per step, handlers.
import { join } from "node:path";
import { loadModule } from "./load-module.mjs";

const C_TYPES = {
  u32: "struct plan_u32",
  u64: "uint64_t",
  str: "struct plan_ref",
  bytes: "struct plan_ref",
  strs: "struct plan_list",
  u32s: "struct plan_list",
};

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function enumOf(name, prefix, values) {
  const lines = Object.entries(values).map(
    ([key, value]) => `  ${prefix}_${snake(key).toUpperCase()} = ${value},`,
  );
  return `enum ${name} {\n${lines.join("\n")}\n};`;
}

/** The step table's module, evaluated. */
export const loadSteps = (top) => loadModule(join(top, "src/plan/steps.ts"));

export async function generateStepsHeader(top) {
  const { BIND_FLAGS, STEPS, PHASES, tableVersion } = await loadSteps(top);
  const kinds = Object.keys(STEPS);
  const structs = kinds.map((kind) => {
    const fields = Object.entries(STEPS[kind]).map(([name, type]) => `  ${C_TYPES[type]} ${snake(name)};`);
    return `struct step_${snake(kind)} {\n  struct step_header header;\n${fields.join("\n")}\n};`;
  });
  return `// Made from src/plan/steps.ts; not to be edited.
#pragma once
#include "plan.h"

#define PLAN_TABLE_VERSION ${tableVersion()}u

enum step_kind {
${kinds.map((kind) => `  STEP_${snake(kind).toUpperCase()},`).join("\n")}
  STEP_COUNT
};

${enumOf("plan_phase", "PHASE", PHASES)}

${enumOf("bind_flag", "BIND", BIND_FLAGS)}

${structs.join("\n\n")}

// X(enumerator, struct and handler): a kind without its handler does not link.
#define STEP_LIST(X) \\
${kinds.map((kind) => `  X(STEP_${snake(kind).toUpperCase()}, ${snake(kind)})`).join(" \\\n")}

#define DECLARE_HANDLER(kind, name) int run_##name(const struct step_##name *step);
STEP_LIST(DECLARE_HANDLER)
#undef DECLARE_HANDLER
`;
}
