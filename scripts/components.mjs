/**
 * components.mjs TOOLS OUT: makes the components of the tests below OUT: of modules of preview 1 by the adapter, of
 * spec-tests/guests/components/*.c (compiled before) and *.wat, and of each world of WASI one that imports all of it.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

const [tools, out] = process.argv.slice(2);
const sources = "spec-tests/guests/components";
const jco = join(tools, "node_modules/@bytecodealliance/jco");
const library = join(tools, "node_modules/@bytecodealliance/jco-transpile/vendor/wasm-tools.js");

/** Modules that are components too. */
const ADAPTED = ["arguments", "calls", "clocks", "compute", "exit", "files", "grow", "hello", "trap"];
const PACKAGES = ["io", "clocks", "random", "cli", "sockets", "filesystem", "http"];
const WIT_VERSION = "0.2.12";
const WORLDS = { command: "wasi:cli/command", proxy: "wasi:http/proxy" };

/** All interfaces of WASI, and a world of each of WORLDS. */
function interfaces() {
  const worlds = Object.entries(WORLDS).map(
    ([name, of]) => `world ${name} { include ${of}@${WIT_VERSION}; }`,
  );
  const packages = PACKAGES.map((name) => {
    const text = readFileSync(join(jco, `lib/wit/builtin/${WIT_VERSION}/wasi-${name}/package.wit`), "utf8");
    return `${text.replace(/^package ([^;]+);/m, "package $1 {")}}`;
  });
  return ["package test:all;", ...worlds, ...packages].join("\n");
}

let loaded;
async function wasmTools() {
  const module = await import(library);
  await module.$init;
  return module.tools;
}

/** Writes NAME.wasm unless it is newer than what it is made of. */
async function make(name, from, content) {
  const target = join(out, `${name}.wasm`);
  const newest = Math.max(...[...from, import.meta.filename].map((file) => statSync(file).mtimeMs));
  if (existsSync(target) && statSync(target).mtimeMs > newest) return;
  loaded ??= wasmTools();
  writeFileSync(`${target}.new`, content(await loaded));
  renameSync(`${target}.new`, target);
}

mkdirSync(out, { recursive: true });
const adapter = join(jco, "lib/wasi_snapshot_preview1.command.wasm");
for (const name of ADAPTED) {
  const module = join(out, `../${name}.wasm`);
  await make(name, [module], (tools) =>
    tools.componentNew(readFileSync(module), [["wasi_snapshot_preview1", readFileSync(adapter)]]),
  );
}
for (const file of readdirSync(sources)) {
  const source = join(sources, file);
  if (file.endsWith(".wat")) {
    await make(basename(file, ".wat"), [source], (tools) => tools.parse(readFileSync(source, "utf8")));
  }
}
for (const world of Object.keys(WORLDS)) {
  await make(`all-of-${world}`, [], (tools) => {
    const embedded = tools.componentEmbed({
      witSource: interfaces(),
      dummy: true,
      world,
      stringEncoding: "utf8",
    });
    return tools.componentNew(embedded, []);
  });
}
await make("http", [join(out, "http.core")], (tools) => {
  const binary = readFileSync(join(out, "http.core"));
  const embedded = tools.componentEmbed({
    binary,
    witSource: interfaces(),
    world: "proxy",
    stringEncoding: "utf8",
  });
  return tools.componentNew(embedded, []);
});
