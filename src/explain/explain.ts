/** What `create` would do, each step with the verdict on it. Pure: from the plans that `create` carries out. */
import type { Prepared } from "../container/prepare.ts";
import { type OcirtError, reasonOf } from "../errors.ts";
import { fieldsOf, stepText } from "../plan/describe.ts";
import { cleanPath } from "../plan/mounts.ts";
import { cgroupSteps } from "./cgroup-steps.ts";
import {
  hostStep,
  mappingSteps,
  meanwhileSteps,
  namespaceSteps,
  recordStep,
  runtimeHookSteps,
} from "./host-steps.ts";
import { judgeStep } from "./judge-steps.ts";
import { type Explained, type ExplainFacts, fails, type Judged, OK } from "./types.ts";

/** `directory`: the container's, in the state directory. */
export function explainCreate(prepared: Prepared, facts: ExplainFacts, directory: string): Explained[] {
  const { spec, plan, record } = prepared;
  const judged: Judged = {
    facts,
    namespaces: plan.namespaces,
    mountPoints: (spec.mounts ?? []).map(({ destination }) => cleanPath(destination)),
    made: new Set(Object.values(prepared.cgroup.paths)),
    noNewPrivileges: spec.process?.noNewPrivileges ?? false,
  };
  const steps: Explained[] = [
    hostStep("config", `read and check config.json of ${record.bundle}`, undefined, OK),
    recordStep(directory, judged),
    ...cgroupSteps(prepared.cgroup, judged),
    ...namespaceSteps(prepared, judged),
    ...mappingSteps(prepared, judged),
    ...meanwhileSteps(prepared, judged),
  ];
  plan.steps.forEach((step, index) => {
    if (step.kind === "notify") {
      steps.push(...runtimeHookSteps(prepared, ["prestart", "createRuntime"], "host", judged));
    }
    steps.push({
      // The container waits in the step before the first late one.
      stage: record.lateFrom > 0 && index >= record.lateFrom ? "start" : "init",
      kind: step.kind,
      what: stepText(step),
      ...(step.pointer === undefined ? {} : { pointer: step.pointer }),
      fields: fieldsOf(step),
      ...judgeStep(step, judged),
    });
  });
  return [...steps, ...runtimeHookSteps(prepared, ["poststart", "poststop"], "after", judged)];
}

/** Where `create` would end before there is a plan. */
export function explainRefusal({ facts }: OcirtError): Explained[] {
  const { action, path, pointer, hint } = facts;
  const what = path === undefined ? action : `${action} ${path}`;
  return [hostStep("config", what, pointer, fails(reasonOf(facts), hint))];
}
