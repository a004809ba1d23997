/** The import objects of a module: every function it names, whether the host has it or not. */
import { EngineError } from "../failure.ts";
import { processFunctions } from "./args.ts";
import { clockFunctions } from "./clock.ts";
import { SUBSCRIPTION, SUBSCRIPTION_UNSTABLE, WHENCE, WHENCE_UNSTABLE } from "./constants.ts";
import { datagramFunctions } from "./datagrams.ts";
import { ERRNO } from "./errno.ts";
import { fdFunctions } from "./fd.ts";
import { fileFunctions } from "./file.ts";
import { getaddrinfoFunctions } from "./getaddrinfo.ts";
import type { Group, Host } from "./host.ts";
import { pathFunctions } from "./path.ts";
import { pollFunctions } from "./poll.ts";
import { optionFunctions } from "./socket-options.ts";
import { socketFunctions } from "./sockets.ts";

export const PREVIEW1 = "wasi_snapshot_preview1";
/** The snapshot before preview1: other numbers of whence, other layouts of filestat and subscription. */
export const UNSTABLE = "wasi_unstable";

/** All functions of an import module; undefined for one that is not the host's. */
export function hostFunctions(host: Host, module: string): Group | undefined {
  if (module !== PREVIEW1 && module !== UNSTABLE) return undefined;
  const unstable = module === UNSTABLE;
  return {
    ...processFunctions(host),
    ...clockFunctions(host),
    ...fdFunctions(host, unstable ? WHENCE_UNSTABLE : WHENCE),
    ...fileFunctions(host, unstable),
    ...pathFunctions(host, unstable),
    ...pollFunctions(host, unstable ? SUBSCRIPTION_UNSTABLE : SUBSCRIPTION),
    ...socketFunctions(host),
    ...datagramFunctions(host),
    ...optionFunctions(host),
    ...getaddrinfoFunctions(host),
  };
}

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

/**
 * Only what the module names is looked up. An unknown function of WASI answers ENOSYS; one of another module is
 * an error only when it is called, for toolchains leave imports behind that nothing uses.
 */
export function importObject(host: Host, imports: readonly Import[]): WebAssembly.Imports {
  const groups = new Map<string, Group | undefined>();
  // Names are the module's, `__proto__` among them: nothing is inherited, and nothing leads to a prototype.
  const object: Record<string, WebAssembly.ModuleImports> = Object.create(null);
  for (const { module, name, kind } of imports) {
    if (kind !== "function") {
      throw new EngineError(
        `the module imports the ${kind} \`${module}.${name}\`, which the host has not; ` +
          `a WASI command brings its own ${kind === "memory" ? "memory and exports it" : kind}`,
      );
    }
    if (!groups.has(module)) groups.set(module, hostFunctions(host, module));
    const group = groups.get(module);
    object[module] ??= Object.create(null) as WebAssembly.ModuleImports;
    object[module][name] =
      group === undefined
        ? absent(module, name)
        : ((Object.hasOwn(group, name) ? group[name] : undefined) ?? (() => ERRNO.nosys));
  }
  return object;
}

function absent(module: string, name: string): () => never {
  return () => {
    throw new EngineError(`the module called \`${module}.${name}\`, which the host has not`);
  };
}
