/** What the runtime does outside of init, from the same plans that `create` carries out. Pure. */
import type { Prepared } from "../container/prepare.ts";
import { errnoText } from "../errors.ts";
import { mappingLines } from "../plan/idmap.ts";
import { NAMESPACES } from "../plan/namespaces.ts";
import { pointerToken } from "../spec/pointer.ts";
import type { Hook, IdMapping } from "../spec/types.ts";
import { judgeHostProgram } from "./judge-process.ts";
import { HOST_RIGHT, hasInside, hasOnHost, takes, USER_NAMESPACE } from "./rights.ts";
import { type Explained, fails, type HostKind, type Judged, OK, type Stage, type Verdict } from "./types.ts";

export function hostStep(
  kind: HostKind,
  what: string,
  pointer: string | undefined,
  verdict: Verdict,
  stage: Stage = "host",
): Explained {
  return { stage, kind, what, ...(pointer === undefined ? {} : { pointer }), ...verdict };
}

export function recordStep(directory: string, { facts }: Judged): Explained {
  const { state } = facts.host;
  const verdict = state.writable
    ? OK
    : fails(state.problem ?? `${state.path} can't be written`, "name another directory with --root");
  return hostStep("record", `write the record ${directory}/ocirt.json`, undefined, verdict);
}

/** The namespaces that init is born in, and those that it joins. */
export function namespaceSteps({ spec, plan }: Prepared, judged: Judged): Explained[] {
  const { facts, namespaces } = judged;
  return (spec.linux?.namespaces ?? []).map((namespace, index) => {
    const pointer = `/linux/namespaces/${index}`;
    const join = plan.namespaces.joins.find((each) => each.pointer === pointer);
    if (join !== undefined) {
      const errno = facts.find(join.path);
      const verdict =
        errno === ""
          ? takes(hasInside(judged, "CAP_SYS_ADMIN"), "CAP_SYS_ADMIN", USER_NAMESPACE)
          : fails(
              `\`${join.path}\`: ${errnoText(errno)} (${errno})`,
              "its process may have ended: name another",
            );
      return hostStep("joinNamespace", `join the ${join.type} namespace ${join.path}`, pointer, verdict);
    }
    const { type } = namespace;
    const what = `create the ${type} namespace`;
    return hostStep("namespace", what, pointer, judgeNamespace(type, judged, namespaces.created.has("user")));
  });
}

function judgeNamespace(type: keyof typeof NAMESPACES, judged: Judged, inUser: boolean): Verdict {
  const { host } = judged.facts;
  const { proc } = NAMESPACES[type];
  if (!host.namespaces.includes(proc))
    return fails(`the kernel has no ${type} namespaces`, "`ocirt doctor` says what to use");
  if (type === "user") {
    return host.userNamespace === ""
      ? OK
      : fails(
          `the caller can make none: ${errnoText(host.userNamespace)}`,
          "`ocirt doctor` says what forbids it",
        );
  }
  return inUser ? OK : takes(hasOnHost(judged, "CAP_SYS_ADMIN"), "CAP_SYS_ADMIN", USER_NAMESPACE);
}

/** The kernel lets an ordinary user map its own id; more takes a range and a tool. */
export function mappingSteps({ spec, plan }: Prepared, judged: Judged): Explained[] {
  if (!plan.namespaces.created.has("user")) return [];
  const { subordinate, uid } = judged.facts.host;
  const step = (
    name: "uidMappings" | "gidMappings",
    own: boolean,
    has: boolean,
    tool: boolean,
    tools: string,
  ): Explained => {
    const mappings: readonly IdMapping[] = spec.linux?.[name] ?? [];
    const lines = mappingLines(mappings).trim().replaceAll("\n", ", ");
    const alone = uid === 0 || (mappings.length === 1 && mappings[0]?.size === 1 && own);
    const verdict = alone
      ? OK
      : !has
        ? fails(
            `user ${uid} has no range in /etc/sub${name.slice(0, 3)}`,
            "usermod --add-subuids --add-subgids",
          )
        : tool
          ? OK
          : fails(`${tools} is not there`, "install it (Debian: uidmap), or map one id only, your own");
    return hostStep(
      "idMappings",
      `write the ${name.slice(0, 3)} mappings ${lines}`,
      `/linux/${name}`,
      verdict,
    );
  };
  const ownUid = spec.linux?.uidMappings?.[0]?.hostID === uid;
  return [
    step("uidMappings", ownUid, subordinate.uids, subordinate.newuidmap, "newuidmap"),
    // Which gid is the caller's own the kernel knows: a mapping of one id is taken for it.
    step("gidMappings", true, subordinate.gids, subordinate.newgidmap, "newgidmap"),
  ];
}

/** What is set for init while it mounts. */
export function meanwhileSteps({ spec, resctrl, record }: Prepared, judged: Judged): Explained[] {
  const { facts } = judged;
  const steps: Explained[] = [];
  if (resctrl !== undefined) {
    const directory = `${resctrl.root}/${resctrl.plan.group}`;
    const verdict = facts.mayWrite(resctrl.root)
      ? OK
      : fails(`${resctrl.root} can't be written`, "run it as root of the host");
    steps.push(hostStep("resctrl", `enter the resctrl group ${directory}`, "/linux/intelRdt", verdict));
  }
  const score = spec.process?.oomScoreAdj;
  if (score !== undefined) {
    const allowed = score >= facts.oomScoreAdj || hasOnHost(judged, "CAP_SYS_RESOURCE");
    const verdict = takes(
      allowed,
      "CAP_SYS_RESOURCE",
      "do not lower it below the caller's own, or run as root",
    );
    steps.push(hostStep("oomScoreAdj", `set oom_score_adj to ${score}`, "/process/oomScoreAdj", verdict));
  }
  for (const name of Object.keys(spec.linux?.netDevices ?? {})) {
    const errno = facts.find(`/sys/class/net/${name}`);
    const verdict =
      errno === ""
        ? takes(hasOnHost(judged, "CAP_NET_ADMIN"), "CAP_NET_ADMIN", HOST_RIGHT)
        : fails(`there is no interface ${name}`, "name one of `ip link`");
    steps.push(
      hostStep("netDevice", `move the interface ${name}`, `/linux/netDevices/${pointerToken(name)}`, verdict),
    );
  }
  const { seccompAgent } = record;
  if (seccompAgent !== undefined) {
    const errno = facts.find(seccompAgent.path);
    const verdict =
      errno === "" ? OK : fails(`${seccompAgent.path}: ${errnoText(errno)}`, "start the agent first");
    const pointer = "/linux/seccomp/listenerPath";
    steps.push(
      hostStep("seccompAgent", `connect to the seccomp agent ${seccompAgent.path}`, pointer, verdict),
    );
  }
  return steps;
}

/** Hooks that the runtime runs, all of these kinds. */
export function runtimeHookSteps(
  { spec }: Prepared,
  kinds: readonly ("prestart" | "createRuntime" | "poststart" | "poststop")[],
  stage: Stage,
  judged: Judged,
): Explained[] {
  return kinds.flatMap((kind) =>
    (spec.hooks?.[kind] ?? []).map((hook: Hook, index) => {
      const verdict = judgeHostProgram(hook.path, judged);
      return hostStep(
        "runtimeHook",
        `run the ${kind} hook ${hook.path}`,
        `/hooks/${kind}/${index}`,
        verdict,
        stage,
      );
    }),
  );
}
