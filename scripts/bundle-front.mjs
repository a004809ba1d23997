// The scripts of the executable's first half: one for each hot command, with nothing in it that others need.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { loadModule } from "./load-module.mjs";

/** What the first half leaves to the second, beside the other commands: none of it is on a hot command's way. */
const LEFT_OUT = ["yargs", "feature-table", "dry-run", "explain", "explain-process", "help", "process-table"];

/**
 * Scripts that a command goes over to for a rare part of it: the whole command with the module that its own script
 * leaves out. A script is read as a whole, at every call.
 */
const CONTINUATIONS = [{ name: "exec_wasm", command: "exec", module: "exec-wasm" }];

export const continuationNames = CONTINUATIONS.map(({ name }) => name);

/**
 * Such a module hands the whole command over when it is evaluated. That is so only before the command has done
 * anything: it is begun again from its first word.
 */
function leaveOut(command, apart, others) {
  const names = [...LEFT_OUT, ...apart].join("|");
  const filter = new RegExp(`(^|/)(${names})(\\.ts|\\.js)?$|/commands/[a-z-]+\\.ts$`);
  return {
    name: "leave-out",
    setup(esbuild) {
      esbuild.onResolve({ filter }, ({ path }) =>
        path.endsWith(`/commands/${command}.ts`) ? undefined : { path, namespace: "left-out" },
      );
      for (const { name, module } of others) {
        const namespace = `other-${name}`;
        esbuild.onResolve({ filter: new RegExp(`(^|/)${module}\\.ts$`) }, ({ path }) => ({
          path,
          namespace,
        }));
        esbuild.onLoad({ filter: /.*/, namespace }, () => ({ contents: `goOver("${name}");`, loader: "js" }));
      }
      esbuild.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({
        contents: "handOver();",
        loader: "js",
      }));
    },
  };
}

/** The names of the hot commands, from the one table. */
export async function hotCommands(top) {
  const { COMMANDS } = await loadModule(join(top, "src/cli/table.ts"));
  return COMMANDS.filter(({ hot }) => hot).map(({ name }) => name);
}

/** Writes DIRECTORY/NAME.js for each command and each continuation. `apart` names the modules that are files of their own. */
export async function bundleFront(top, commands, { directory, apart, define }) {
  mkdirSync(directory, { recursive: true });
  const scripts = [...commands.map((command) => ({ name: command, command })), ...CONTINUATIONS];
  await Promise.all(
    scripts.map(({ name, command, module }) =>
      build({
        entryPoints: [join(top, "src/main.ts")],
        outfile: join(directory, `${name}.js`),
        bundle: true,
        format: "iife",
        platform: "neutral",
        mainFields: ["module", "main"],
        target: "es2022",
        minifySyntax: true,
        minifyWhitespace: true,
        plugins: [leaveOut(command, apart, module === undefined ? CONTINUATIONS : [])],
        define: { ...define, OCIRT_FRONT: "true" },
        logLevel: "warning",
      }),
    ),
  );
}
