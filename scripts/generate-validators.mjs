// Compiles schemas/ with ajv to modules that need no ajv at run time, into build/generated/:
//   validate-NAME.js  validate(data): boolean. Stops at the first fault and says nothing of it: the hot path.
//   explain-NAME.js   explain(data): every fault. Loaded only after the first said no.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { build } from "esbuild";

/** The document kinds that are validated on a hot path, and all of them. */
const HOT = ["config", "process", "resources"];
const ALL = ["config", "process", "resources", "state", "features"];

const VALIDATE_TYPES = `/** Whether the data satisfies the schema. */
export function validate(data: unknown): boolean;
`;

const EXPLAIN_TYPES = `export interface Fault {
  /** JSON pointer of the value at fault. */
  readonly instancePath: string;
  /** The schema's keyword that it violates. */
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}
/** Every fault of the data; none where it satisfies the schema. */
export function explain(data: unknown): readonly Fault[];
`;

export async function generateValidators(top) {
  const schemas = readSchemas(join(top, "schemas"));
  const out = join(top, "build/generated");
  mkdirSync(out, { recursive: true });
  const write = (name, code, types) => {
    writeFileSync(join(out, `${name}.js`), code);
    writeFileSync(join(out, `${name}.d.ts`), types);
  };
  for (const kind of HOT) {
    const code = withoutReports(compile(schemas, kind, { strictNumbers: false }));
    write(`validate-${kind}`, await selfContained(top, code, ["validate"]), VALIDATE_TYPES);
  }
  for (const kind of ALL) {
    const code = `${compile(schemas, kind, {})}
export function explain(data) { return validate(data) ? [] : validate.errors; }`;
    write(`explain-${kind}`, await selfContained(top, code, ["explain"]), EXPLAIN_TYPES);
  }
}

function readSchemas(directory) {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8"), exactBounds));
}

/**
 * The bounds of 64-bit integers are no doubles: 2^64-1 reads as 2^64. "at most 2^64-1" is therefore compiled
 * as "less than 2^64", which doubles can tell.
 */
function exactBounds(_key, value) {
  if (typeof value?.maximum !== "number" || Number.isSafeInteger(value.maximum)) return value;
  const { maximum, ...rest } = value;
  return { ...rest, exclusiveMaximum: maximum };
}

function compile(schemas, kind, options) {
  const code = { source: true, esm: true, lines: true, optimize: 2 };
  const ajv = new Ajv({ ...options, allErrors: true, strict: true, messages: false, schemas, code });
  return standaloneCode(ajv, { validate: `${kind}.json` });
}

/**
 * What ajv writes to report an error, and what is left of it where the first error ends the validation: a
 * quarter of the code, which is most of what validating costs in a process that validates once.
 */
const REPORTS = [
  // A fault found here, and one found by a validator that is called.
  [
    /const (err\d+) = \{.*\};\nif\(vErrors === null\)\{\nvErrors = \[\1\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}\nerrors\+\+;/g,
    "return false;",
  ],
  [
    /vErrors = vErrors === null \? (validate\d+)\.errors : vErrors\.concat\(\1\.errors\);\nerrors = vErrors\.length;/g,
    "return false;",
  ],
  [/let vErrors = null;\nlet errors = 0;/g, ""],
  [/validate\d+\.errors = vErrors;\nreturn errors === 0;/g, "return true;"],
  // Where the value is in the document.
  [/, \{instancePath:.*?rootData\}\)/g, ")"],
  [/\(data, \{instancePath="".*?\}=\{\}\)/g, "(data)"],
  // JSON has no NaN.
  [/ && !isNaN\(\w+\)/g, ""],
  [/ \|\| isNaN\(\w+\)/g, ""],
];

function withoutReports(code) {
  const lines = code.replace(/^const schema\d+ = .*$/gm, "");
  const short = REPORTS.reduce((text, [pattern, rest]) => text.replace(pattern, rest), lines);
  const left = /rrors|instancePath|isNaN|schema\d+/.exec(short);
  if (left !== null) {
    throw new Error(`ajv writes \`${left[0]}\` in another form than the one that is known here`);
  }
  return short;
}

/** One module without imports: ajv's runtime helpers are bundled in, what is not used is left out. */
async function selfContained(top, contents, names) {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { ${names.join(", ")} } from "compiled";`,
      resolveDir: top,
    },
    plugins: [
      {
        name: "compiled",
        setup(hooks) {
          hooks.onResolve({ filter: /^compiled$/ }, () => ({ path: "compiled", namespace: "compiled" }));
          hooks.onLoad({ filter: /.*/, namespace: "compiled" }, () => ({ contents, resolveDir: top }));
        },
      },
    ],
    bundle: true,
    format: "esm",
    target: "esnext",
    minify: true,
    write: false,
  });
  return outputFiles[0].text;
}
