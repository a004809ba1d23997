/**
 * Where each value of a JSON text (RFC 8259) is, and where a text stops being JSON: what JSON.parse does not
 * tell. Only needed to explain an error.
 */
import { pointerToken } from "./pointer.ts";

/** 1-based; a column counts characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The value's text is from start to end, offsets into the whole text. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

export interface SyntaxFault extends Position {
  readonly expected: string;
  readonly found: string;
}

export interface Scan {
  /** By JSON pointer; of a name that is there twice, the last, as JSON.parse takes it. */
  readonly places: ReadonlyMap<string, Place>;
  readonly fault?: SyntaxFault;
}

export function scanJson(text: string): Scan {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return { places: scanner.places };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const { offset, expected } = error;
    return {
      places: scanner.places,
      fault: { ...positionAt(text, offset), expected, found: foundAt(text, offset) },
    };
  }
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return { line, column: [...before.slice(lineStart)].length + 1 };
}

function foundAt(text: string, offset: number): string {
  const character = text.codePointAt(offset);
  if (character === undefined) return "the end of the file";
  if (character === 0x0a) return "the end of the line";
  if (character <= 0x20 || character === 0x7f || character === 0xfeff) {
    return `U+${character.toString(16).toUpperCase().padStart(4, "0")}`;
  }
  const word = /^[\w.+-]{2,20}/.exec(text.slice(offset, offset + 20));
  return `\`${word?.[0] ?? String.fromCodePoint(character)}\``;
}

class Stop {
  constructor(
    readonly offset: number,
    readonly expected: string,
  ) {}
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
// The parts of a string that need no look; what ends them is a quote, a backslash or a control character.
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids them in strings
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SPACE = /[ \t\r\n]*/y;

class Scanner {
  readonly places = new Map<string, Place>();
  private at = 0;

  constructor(private readonly text: string) {}

  document(): void {
    this.value("");
    if (this.at < this.text.length) throw new Stop(this.at, "the end of the file");
  }

  private value(pointer: string): void {
    this.take(SPACE);
    const start = this.at;
    const character = this.text[start];
    if (character === "{") this.members(pointer);
    else if (character === "[") this.elements(pointer);
    else if (character === '"') this.string();
    else if (!this.take(WORD) && !this.take(NUMBER)) throw new Stop(start, "a value");
    this.places.set(pointer, { start, end: this.at });
    this.take(SPACE);
  }

  private members(pointer: string): void {
    this.list("}", () => {
      if (this.text[this.at] !== '"') throw new Stop(this.at, "a name in double quotes");
      const name = this.string();
      this.take(SPACE);
      if (this.text[this.at] !== ":") throw new Stop(this.at, "`:`");
      this.at++;
      this.value(`${pointer}/${pointerToken(name)}`);
    });
  }

  private elements(pointer: string): void {
    let index = 0;
    this.list("]", () => this.value(`${pointer}/${index++}`));
  }

  /** From the opening bracket to the closing one. */
  private list(end: string, item: () => void): void {
    this.at++;
    this.take(SPACE);
    if (this.text[this.at] === end) {
      this.at++;
      return;
    }
    for (;;) {
      item();
      const character = this.text[this.at];
      if (character !== "," && character !== end) throw new Stop(this.at, `\`,\` or \`${end}\``);
      this.at++;
      if (character === end) return;
      this.take(SPACE);
    }
  }

  private string(): string {
    const start = this.at++;
    for (;;) {
      this.take(PLAIN);
      if (this.text[this.at] === '"') break;
      if (this.take(ESCAPE)) continue;
      throw new Stop(
        this.at,
        this.text[this.at] === "\\" ? "an escape of JSON" : 'the closing `"` of the string',
      );
    }
    this.at++;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  /** Moves over what the pattern matches here; false where it matches nothing. */
  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const length = pattern.exec(this.text)?.[0].length ?? 0;
    this.at += length;
    return length > 0;
  }
}
