import { NODE } from "../expr.js";
import { FLOAT_MIN, isText } from "../literal.js";
import { escapeStr } from "../strings.js";
import { toNix } from "../to-nix.js";
import { INDENT, LAST_COLUMN, WIDTH } from "./layout.js";
import { floatText } from "./numbers.js";
import { writtenName } from "./plain.js";
import { print, type PrintOptions } from "./print.js";

/**
 * The text of a Nix file with `value`: the same as `print(toNix(value))`, several times as fast for JSON-like data.
 *
 * @example
 *
 * ```ts
 * import { printData } from "@microvm-emit/nix-ast";
 *
 * console.log(printData({ networking: { hostName: "web" }, ports: [80, 443] }));
 * ```
 *
 * ```nix
 * {
 *   networking = {
 *     hostName = "web";
 *   };
 *   ports = [
 *     80
 *     443
 *   ];
 * }
 * ```
 *
 * @throws {ToNixError} and RangeError as `toNix`.
 */
export const printData = (value: unknown, options: PrintOptions = {}): string => {
  const { width = WIDTH, indent = INDENT } = options;
  const writer = new DataWriter(width, indent);
  return writer.write(value) ?? print(toNix(value), options);
};

type Data = Readonly<Record<string, unknown>>;

/** Output longer than this is joined, so that the engine does not keep many short pieces. */
const PAGE = 8192;

/** Writes sets and lists whose lines are known without the layout algorithm. It gives up at any other value. */
class DataWriter {
  readonly #width: number;
  readonly #indent: number;
  #pages = "";
  #out = "";

  constructor(width: number, indent: number) {
    this.#width = width;
    this.#indent = indent;
  }

  write(value: unknown): string | undefined {
    if (!isContainer(value) || !isOpen(value) || !this.#container(value, "\n", 1)) return undefined;
    return `${this.#pages}${this.#out}\n`;
  }

  /** Writes a set or list on several lines. `line` begins the last one. */
  #container(value: object, line: string, depth: number): boolean {
    if (depth * this.#indent > LAST_COLUMN) return false;
    const inner = line + " ".repeat(this.#indent);
    if (Array.isArray(value)) {
      this.#out += "[";
      for (const item of value as readonly unknown[]) {
        this.#out += inner;
        if (isContainer(item) && isOpen(item)) {
          if (!this.#container(item, inner, depth + 1)) return false;
        } else if (!this.#line(item, "", true, this.#width)) return false;
      }
      this.#out += `${line}]`;
      return true;
    }
    if (!isPlain(value)) return false;
    this.#out += "{";
    for (const key of Object.keys(value)) {
      const one = value[key];
      if (one === undefined) continue;
      // A node, or a result of `parse`.
      if (key === "_tag" || (key === "kind" && NODE in value)) return false;
      const name = writtenName(key);
      // A quoted name may have its value on the next line.
      const limit = name === key ? Infinity : this.#width;
      if (name !== key && !isText(key)) return false;
      this.#out += `${inner}${name} = `;
      if (isContainer(one) && (Array.isArray(one) ? isOpen(one) : !isEmpty(one))) {
        if (name.length + 4 > limit || !this.#container(one, inner, depth + 1)) return false;
        this.#out += ";";
      } else if (!this.#line(one, `${name} = ;`, false, limit)) return false;
    }
    this.#out += `${line}}`;
    if (this.#out.length > PAGE) {
      this.#out.charCodeAt(0);
      this.#pages += this.#out;
      this.#out = "";
    }
    return true;
  }

  /** Writes a value after `start` on one line, with a `;` in a set. `limit` is the width of a line with a string. */
  #line(value: unknown, start: string, isItem: boolean, limit: number): boolean {
    const text = valueText(value, isItem);
    if (text === undefined) return false;
    const width = start.length + text.length;
    if (width > (typeof value === "string" ? limit : this.#width)) return false;
    this.#out += isItem ? text : `${text};`;
    return true;
  }
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

const isPlain = (value: object): value is Data => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** The values of a set that are printed, or the items of a list; of many, the first two. */
const firstParts = (value: object): readonly unknown[] => {
  if (Array.isArray(value)) return value as readonly unknown[];
  const found: unknown[] = [];
  for (const key in value) {
    const one = (value as Data)[key];
    if (one !== undefined && found.push(one) === 2) break;
  }
  return found;
};

const isEmpty = (value: object): boolean => firstParts(value).length === 0;

/** True for a set or list that is on several lines in every place. */
const isOpen = (value: object): boolean => {
  let next: unknown = value;
  // The writer gives up at this depth, so the answer for a cycle does not matter.
  for (let depth = 0; depth < LAST_COLUMN; depth++) {
    if (!isContainer(next)) return false;
    const parts = firstParts(next);
    if (parts.length !== 1) return parts.length > 1;
    const [only] = parts;
    // A set in a binding is on several lines unless it is empty.
    if (!Array.isArray(next) && isContainer(only) && !Array.isArray(only)) return !isEmpty(only);
    next = only;
  }
  return true;
};

/** Text without characters that need an escape or a check. */
const SIMPLE_TEXT = /^[ !#%-[\]-\ud7ff\ue000-\uffff]*$/;

const quoted = (text: string): string | undefined => {
  if (SIMPLE_TEXT.test(text)) return `"${text}"`;
  return isText(text) ? `"${escapeStr(text)}"` : undefined;
};

/** A value on one line. */
const valueText = (value: unknown, isItem: boolean): string | undefined => {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      return numberText(value, isItem);
    case "object": {
      if (value === null) return "null";
      if (!Array.isArray(value)) return isPlain(value) && isEmpty(value) ? "{ }" : undefined;
      const [only] = value as readonly unknown[];
      if (value.length === 0) return "[ ]";
      const text = value.length > 1 || isContainer(only) ? undefined : valueText(only, true);
      return text === undefined ? undefined : `[ ${text} ]`;
    }
    default:
      return undefined;
  }
};

const numberText = (value: number, isItem: boolean): string | undefined => {
  const size = Math.abs(value);
  const isInt = Number.isSafeInteger(value);
  if (!isInt && !(size >= FLOAT_MIN && size < Infinity)) return undefined;
  const digits = isInt ? String(size) : floatText(size);
  if (value >= 0) return digits;
  return isItem ? `(-${digits})` : `-${digits}`;
};
