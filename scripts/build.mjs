// Builds dist/ocirt: generated code, bundles (esbuild), addon, init and the executable's first half (cmake-js), its
// second half (Bun), and all of it in one file.
// Each stage's output is kept in build/ and made again only by the tools' own rules.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { assemble } from "./assemble.mjs";
import { bunPath } from "./bun.mjs";
import { bundleFront, continuationNames, hotCommands } from "./bundle-front.mjs";
import { linksOf } from "./elf-links.mjs";
import { generate } from "./generate.mjs";
import { loadSteps } from "./generate-steps.mjs";
import { unwrapModules } from "./unwrap-modules.mjs";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const inBuild = (...parts) => join(top, "build", ...parts);

const FRONT_SCRIPTS = inBuild("bundle/front");

/** yargs asks where it is, only to find files that the executable does not have. */
const BUNDLE_URL = JSON.stringify("file:///ocirt/ocirt.cjs");

/** Runs a tool, its output shown only when it fails. */
function run(command, args, options = {}) {
  try {
    execFileSync(command, args, { cwd: top, stdio: ["ignore", "pipe", "pipe"], ...options });
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ""}${error.stderr ?? ""}`);
    throw new Error(`${command} ${args.join(" ")} failed`);
  }
}

/** One build at a time in a tree: the whole script runs again under flock(1). */
function underLock() {
  if (process.env.OCIRT_BUILD_LOCKED === "1") return true;
  mkdirSync(inBuild(), { recursive: true });
  execFileSync("flock", [inBuild(".lock"), process.execPath, ...process.argv.slice(1)], {
    stdio: "inherit",
    env: { ...process.env, OCIRT_BUILD_LOCKED: "1" },
  });
  return false;
}

/** CMake keeps what it was first configured with, and cmake-js configures once: a new command starts it over. */
function forgetCommands(commands) {
  const cache = inBuild("native/CMakeCache.txt");
  if (!existsSync(cache)) return;
  const text = readFileSync(cache, "utf8");
  const known = (list, names) => text.match(new RegExp(`^${list}:\\w+=(.*)$`, "m"))?.[1] === names.join(";");
  if (!known("FRONT_COMMANDS", commands) || !known("FRONT_CONTINUATIONS", continuationNames)) rmSync(cache);
}

function compileNative(commands) {
  forgetCommands(commands);
  const quickjs = execFileSync(join(top, "scripts/quickjs.sh"), { encoding: "utf8" }).trim();
  run("npx", [
    "cmake-js",
    "compile",
    "--directory=native",
    `--out=${inBuild("native")}`,
    `--CDNODE_ADDON_API_DIR=${join(top, "node_modules/node-addon-api")}`,
    `--CDQUICKJS_DIR=${quickjs}`,
    `--CDFRONT_COMMANDS=${commands.join(";")}`,
    `--CDFRONT_CONTINUATIONS=${continuationNames.join(";")}`,
    `--CDFRONT_SCRIPTS=${FRONT_SCRIPTS}`,
  ]);
}

/**
 * Big modules of rare use, without imports of ours. Each becomes a file of its own in the executable: what is
 * in the main bundle is mapped and checked at every start, a millisecond for a megabyte.
 */
const APART = {
  yargs: "yargs",
  "@wasmer/wasi": "wasmer",
  "proper-lockfile": "proper-lockfile",
  ...Object.fromEntries(
    ["config", "process", "resources"].map((name) => [
      `build/generated/explain-${name}.js`,
      `explain-${name}`,
    ]),
  ),
};

/** The command line is a file of its own as well: the Wasm engine, which the main bundle is left to, has no use for it. */
const COMMAND_LINE = "cli";
const APART_FILES = [...Object.values(APART), COMMAND_LINE];

/** Leaves the modules of APART to be required when they are needed, by their file's name. */
const apart = {
  name: "apart",
  setup(esbuild) {
    const names = Object.keys(APART).map((name) => name.replace("build/", ""));
    const filter = new RegExp(`(^|/)(${names.map((name) => name.replace(/[.]/g, "\\$&")).join("|")})$`);
    esbuild.onResolve({ filter }, ({ path, kind }) => {
      if (kind === "entry-point") return undefined;
      const key = names.find((name) => path.endsWith(name));
      const file = APART[key] ?? APART[`build/${key}`];
      return { path: `./${file}.js`, external: true };
    });
  },
};

/** The files whose code is in the executable, for the bill of materials. */
const inputs = new Set();

async function bundleApart() {
  for (const [path, name] of Object.entries(APART)) {
    const { metafile } = await build({
      metafile: true,
      stdin: {
        // A default export is what `require` gives, as an importer in Node's way expects of CommonJS.
        contents: `const all = require(${JSON.stringify(path.startsWith("build/") ? `./${path}` : path)});
          module.exports = all.__esModule && all.default !== undefined ? all.default : all;`,
        resolveDir: top,
      },
      outfile: inBuild(`bundle/${name}.js`),
      bundle: true,
      format: "cjs",
      platform: "node",
      target: "esnext",
      minifySyntax: true,
      define: { "import.meta.url": BUNDLE_URL },
      logLevel: "warning",
    });
    for (const input of Object.keys(metafile.inputs)) inputs.add(input);
  }
}

/** What the sources learn of the build. */
async function definitions() {
  const { version } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
  let commit = "unknown";
  try {
    commit = execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: top,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // A tarball has no commit.
  }
  return {
    OCIRT_VERSION: JSON.stringify(version),
    OCIRT_COMMIT: JSON.stringify(commit),
    OCIRT_ENGINE_LINKS: JSON.stringify(linksOf(readFileSync(bunPath))),
    OCIRT_TABLE_VERSION: String((await loadSteps(top)).tableVersion()),
    "import.meta.url": BUNDLE_URL,
  };
}

const commandLineApart = {
  name: "command-line-apart",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^\.\/cli\/main\.ts$/ }, () => ({
      path: `./${COMMAND_LINE}.js`,
      external: true,
    }));
  },
};

async function bundle(define) {
  for (const [entry, name, plugins] of [
    ["src/main.ts", "ocirt.cjs", [apart, commandLineApart]],
    ["src/cli/main.ts", `${COMMAND_LINE}.js`, [apart]],
  ]) {
    const file = inBuild("bundle", name);
    const { metafile } = await build({
      metafile: true,
      entryPoints: [join(top, entry)],
      outfile: file,
      bundle: true,
      format: "cjs",
      platform: "node",
      target: "esnext",
      minifySyntax: true,
      external: ["bun:*"],
      plugins,
      define,
      logLevel: "warning",
    });
    for (const input of Object.keys(metafile.inputs)) inputs.add(input);
    writeFileSync(file, unwrapModules(readFileSync(file, "utf8")));
  }
}

/** The second half: Bun with the bundle's bytecode. */
function link() {
  const second = inBuild("bundle/second");
  rmSync(second, { force: true });
  run(
    bunPath,
    [
      "build",
      "--compile",
      "--bytecode",
      "--format=cjs",
      "--minify-syntax",
      "--minify-whitespace",
      // A bundle's directory is the caller's: its bunfig.toml and .env are not ours to obey.
      "--no-compile-autoload-bunfig",
      "--no-compile-autoload-dotenv",
      ...APART_FILES.map((name) => `--external=./${name}.js`),
      "./ocirt.cjs",
      ...APART_FILES.map((name) => `./${name}.js`),
      `--outfile=${second}`,
    ],
    { cwd: inBuild("bundle") },
  );
  return second;
}

if (underLock()) {
  mkdirSync(inBuild("bundle"), { recursive: true });
  await generate(top);
  const commands = await hotCommands(top);
  const define = await definitions();
  await bundleFront(top, commands, { directory: FRONT_SCRIPTS, apart: Object.values(APART), define });
  compileNative(commands);
  await bundleApart();
  await bundle(define);
  writeFileSync(inBuild("bundle/inputs.json"), JSON.stringify([...inputs].sort()));
  const out = join(top, "dist/ocirt");
  assemble(out, {
    front: inBuild("native/ocirt-front"),
    second: link(),
    addon: inBuild("native/ocirt.node"),
  });
  process.stdout.write(`${out} (${(statSync(out).size / 1e6).toFixed(1)} MB)\n`);
}
