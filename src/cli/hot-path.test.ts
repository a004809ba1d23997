/** What a hot command may load: an engine calls it for each container, and each module is paid for each time. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DISPATCHED } from "./dispatch.ts";
import { COMMANDS } from "./table.ts";

const source = resolve(import.meta.dirname, "..");

/** `import … from "x"` and `export … from "x"` that are evaluated; not `import type`, which leaves no trace. */
const STATIC = /^(?:import|export)\s+(?!type\b)(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;

/** All that is evaluated when a module is loaded: files below src/, and anything else by its specifier. */
function evaluated(entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found;
  found.add(entry);
  for (const [, specifier = ""] of readFileSync(entry, "utf8").matchAll(STATIC)) {
    if (specifier.startsWith(".")) evaluated(resolve(dirname(entry), specifier), found);
    else found.add(specifier);
  }
  return found;
}

const below = (files: Iterable<string>) =>
  [...files].map((file) => (existsSync(file) ? relative(source, file) : file)).sort();

test("every command of the table is dispatched, hot ones without yargs", () => {
  const names = (hot: boolean) => COMMANDS.filter((command) => command.hot === hot).map(({ name }) => name);
  assert.equal([...DISPATCHED.hot].sort(), names(true).sort());
  assert.equal([...DISPATCHED.cold].sort(), names(false).sort());
});

test("the start and the hot commands load no package and no module of Node", () => {
  const entries = ["main.ts", "cli/main.ts", ...DISPATCHED.hot.map((name) => `cli/commands/${name}.ts`)];
  for (const entry of entries) {
    const outside = [...evaluated(join(source, entry))].filter((file) => !file.startsWith("/"));
    assert.equal(outside, [], entry);
  }
});

test("the start loads the parser, the table and the log, and no command", () => {
  const loaded = below(evaluated(join(source, "cli/main.ts")));
  assert.equal(
    loaded.filter((file) => /^(plan|spec|cgroup|hooks|wasm|cli\/(commands|completion|yargs))/.test(file)),
    [],
  );
  assert.equal(
    loaded.filter((file) => file.startsWith("container/")),
    ["container/id.ts"],
  );
});

test("exec loads nothing of Wasm before the container is seen to be of it", () => {
  const loaded = below(evaluated(join(source, "cli/commands/exec.ts")));
  assert.equal(
    loaded.filter((file) => file.startsWith("wasm/") || /engine|wasm/.test(file)),
    [],
  );
});

/** What programs find in Node, Bun or a browser, and not in ECMAScript. */
const FOREIGN =
  /\b(Buffer|Atomics|SharedArrayBuffer|WebAssembly|Intl|performance|structuredClone|queueMicrotask|fetch|console|URL|Headers|setTimeout|setInterval|setImmediate)\s*[.(]|\bnode:|\brequire\((?!"ajv)/;

test("the scripts of the first half use nothing that its engine lacks", () => {
  for (const command of [...DISPATCHED.hot, "exec_wasm"]) {
    const script = readFileSync(resolve(source, `../build/bundle/front/${command}.js`), "utf8");
    assert.is(
      FOREIGN.exec(script.replaceAll('getBuiltinModule("node:module")', ""))?.[0],
      undefined,
      command,
    );
  }
});

test("the Wasm engine's start loads no command line", () => {
  assert.equal(
    below(evaluated(join(source, "main.ts"))).filter((file) => file.startsWith("cli/")),
    [],
  );
});

test.run();
