// esbuild gives each lazily evaluated module an initializer made by one helper, __esm. That helper is called
// once per module at each start of the program: from the 34th call on it is hot enough for the JavaScript
// engine to start its compiler's threads, which costs a short command up to half a millisecond. Here each
// initializer becomes a function of its own, which replaces itself by nothing when it runs.

const START = /^(.*[\s,])(init_\w+) = __esm\(\{$/;
const HEADER = /^ {2}"[^"]*"\(\) \{$/;

/** The bundle's text without __esm. Throws where esbuild's output has another form than is known here. */
export function unwrapModules(text) {
  const lines = text.split("\n");
  const out = [];
  let inside = false;
  for (let i = 0; i < lines.length; i++) {
    const start = inside ? null : START.exec(lines[i]);
    if (start !== null && HEADER.test(lines[i + 1])) {
      out.push(`${start[1]}${start[2]} = () => {`, `    ${start[2]} = () => {};`);
      inside = true;
      i++;
    } else if (inside && lines[i] === "  }" && lines[i + 1] === "});") {
      out.push("};");
      inside = false;
      i++;
    } else {
      out.push(lines[i]);
    }
  }
  const result = out.join("\n");
  if (inside || /= __esm\(/.test(result)) throw new Error("unwrapModules does not know this form of __esm");
  return result;
}
