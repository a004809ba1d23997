/** Function names of Rust's compiler as its programmers know them. */

const ESCAPES: Readonly<Record<string, string>> = {
  SP: "@",
  BP: "*",
  RF: "&",
  LT: "<",
  GT: ">",
  LP: "(",
  RP: ")",
  C: ",",
};

/** Of ASCII, and nothing that moves a terminal's cursor: a module's names are anybody's. */
const isShown = (point: number): boolean => point >= 0x20 && point < 0x7f;

function character(whole: string, code: string): string {
  const point = Number.parseInt(/^u([0-9a-f]{1,6})$/.exec(code)?.[1] ?? "", 16);
  return isShown(point) ? String.fromCodePoint(point) : (ESCAPES[code] ?? whole);
}

const unescaped = (part: string): string =>
  part
    .replace(/^_(?=\$)/, "")
    .replace(/\$(\w+?)\$/g, character)
    .replaceAll("..", "::");

/**
 * Of a name in Rust's older scheme, `_ZN`, parts with their lengths, a hash, `E`, and maybe what LLVM adds to it: the
 * parts, joined by `::`. Any other name stays as it is.
 */
export function demangle(name: string): string {
  const head = /^_?_ZN/.exec(name);
  if (head === null) return name;
  const parts: string[] = [];
  let at = head[0].length;
  while (name[at] !== "E") {
    const digits = /^\d{1,4}/.exec(name.slice(at, at + 4))?.[0];
    if (digits === undefined) return name;
    const start = at + digits.length;
    at = start + Number(digits);
    if (at >= name.length) return name;
    parts.push(name.slice(start, at));
  }
  if (!/^h[0-9a-f]{16}$/.test(parts.pop() ?? "")) return name;
  return parts.length === 0 ? name : parts.map(unescaped).join("::");
}
