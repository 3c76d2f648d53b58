/** Creates new text: in the format of nixfmt, then with the indentation and line ends of a file. */
import { NODE, type AttrName, type AttrPath, type Binding, type Expr } from "../expr.js";
import { parse } from "../parse/parse.js";
import { print } from "../print/print.js";
import { nodesOf } from "../children.js";
import { rangeOf } from "./find.js";
import type { Range, Style } from "./text.js";

/** A line, and whether it begins in code or in a string, where white space is content. */
interface Line {
  readonly within: "code" | "str" | "indentedStr";
  readonly text: string;
}

export interface Fragment {
  readonly lines: readonly [Line, ...Line[]];
  /** The parsed text. */
  readonly node: Expr;
  /** True if the text is one line, so that another token can follow on it. */
  readonly oneLine: boolean;
}

/** Bindings and items are printed in brackets, indented by one level. */
const LEVEL_WIDTH = 2;

/** The lines of a range of printed text, with less indentation. */
const cut = (text: string, root: Expr, { start: from, end: to }: Range, depth: number): readonly [Line, ...Line[]] => {
  const within = new Map<number, Line["within"]>();
  // Inner strings come after outer strings.
  for (const { start = 0, end = 0, kind } of nodesOf(root)) {
    if (kind !== "str" && kind !== "indentedStr") continue;
    for (let at = text.indexOf("\n", start); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) within.set(at, kind);
  }
  let at = from;
  const [first = "", ...rest] = text.slice(from, to).split("\n");
  const lines = rest.map((line, i): Line => {
    at += (i === 0 ? first : (rest[i - 1] ?? "")).length + (i === 0 ? 0 : 1);
    const kind = within.get(at) ?? "code";
    return { within: kind, text: kind === "str" ? line : line.slice(depth) };
  });
  return [{ within: "code", text: first }, ...lines];
};

const readBack = (text: string): Expr => {
  const parsed = parse(text);
  if (parsed._tag === "Left") throw new Error(`printed invalid Nix: ${text}`);
  return parsed.right;
};

/** An item of a list, with parentheses if necessary. */
export const itemFragment = (item: Expr): Fragment => {
  const text = print({ [NODE]: true, kind: "list", items: [item], expanded: true });
  const root = readBack(text);
  const node = root.kind === "list" ? root.items[0] : undefined;
  return fragment(text, root, node ?? item, rangeOf(node ?? item).end);
};

const partText = (part: Binding): string =>
  print({ [NODE]: true, kind: "attrs", recursive: false, bindings: [part], expanded: true });

const bindingText = (path: AttrPath, value: Expr): string => partText({ [NODE]: true, kind: "binding", path, value });

const valueOf = (root: Expr): { readonly value: Expr; readonly end: number } => {
  const binding = root.kind === "attrs" ? root.bindings[0] : undefined;
  if (binding?.kind !== "binding") throw new Error("printed no binding");
  return { value: binding.value, end: binding.end ?? 0 };
};

export const bindingFragment = (path: readonly [AttrName, ...AttrName[]], value: Expr): Fragment => {
  const text = bindingText(path, value);
  const root = readBack(text);
  const read = valueOf(root);
  return fragment(text, root, read.value, read.end);
};

/** A binding or `inherit`. Its node is a set with only this binding. */
export const partFragment = (part: Binding): Fragment => {
  const text = partText(part);
  const root = readBack(text);
  return fragment(text, root, root, (root.kind === "attrs" ? root.bindings[0]?.end : undefined) ?? 0);
};

/** The text between the brackets; `end` is the end of its last token. */
const fragment = (text: string, root: Expr, node: Expr, end: number): Fragment => {
  const from = text.indexOf("\n") + 1 + LEVEL_WIDTH;
  const to = text.trimEnd().lastIndexOf("\n");
  const lines = cut(text, root, { start: from, end: to }, LEVEL_WIDTH);
  return { lines, node, oneLine: lines.length === 1 && end === to };
};

/** The text after the `=` in `path = value;`, from the white space to the end of the value. */
export const valueFragment = (path: AttrPath, value: Expr): Fragment => {
  const text = bindingText(path, value);
  const root = readBack(text);
  const read = valueOf(root).value;
  const from = bindingText(path, { [NODE]: true, kind: "ident", name: "x" }).lastIndexOf("=") + 1;
  const lines = cut(text, root, { start: from, end: rangeOf(read).end }, LEVEL_WIDTH);
  return { lines, node: read, oneLine: lines.length === 1 };
};

/** A separate expression. */
export const exprFragment = (expr: Expr): Fragment => {
  const text = print(expr);
  const node = readBack(text);
  const range = rangeOf(node);
  const lines = cut(text, node, range, 0);
  return { lines, node, oneLine: lines.length === 1 };
};

/** The text of a fragment. All lines after the first begin with `indent`. */
export const textAt = ({ lines: [first, ...rest] }: Fragment, indent: string, { newline, unit }: Style): string => {
  // In strings, Nix strips only spaces, and line ends are content.
  const spaces = indent.replaceAll("\t", " ".repeat(LEVEL_WIDTH));
  const text = rest.map((line) => {
    switch (line.within) {
      case "str":
        return `\n${line.text}`;
      case "indentedStr":
        return line.text === "" ? "\n" : `\n${spaces}${line.text}`;
      case "code": {
        if (line.text === "") return newline;
        const width = /^ */.exec(line.text)?.[0].length ?? 0;
        const own = unit.repeat(Math.floor(width / LEVEL_WIDTH)) + " ".repeat(width % LEVEL_WIDTH);
        return newline + indent + own + line.text.slice(width);
      }
    }
  });
  return first.text + text.join("");
};
