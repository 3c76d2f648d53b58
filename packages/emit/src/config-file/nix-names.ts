/** The paths that Nix names: as it writes them, and as it puts them together. */
import { childrenOf, type Expr, isNode, type Node, staticName, type StringPart } from "@microvm-emit/nix-ast";
import { resolve } from "pathe";

/** What Nix names, by absolute paths. */
export interface NixNames {
  /** Files and folders that are known. */
  readonly paths: readonly string[];
  /** Folders below which it names files by an expression. */
  readonly bases: readonly string[];
}

/** Where the Nix lies, and where its flake does, for which `self` stands. */
export interface NixPlace {
  readonly folder: string;
  readonly flake: string;
}

/** The names of a tree; of `<x>` and `~/x` a flake knows nothing, since it is evaluated purely. */
export const namesIn = (root: Node, place: NixPlace): NixNames => {
  const paths: string[] = [];
  const bases: string[] = [];
  const stack: Node[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const name = nameOf(node, place);
    if (name === undefined) stack.push(...childrenOf(node).toReversed());
    else {
      (name.isWhole ? paths : bases).push(name.path);
      stack.push(...name.besides.toReversed());
    }
  }
  return { paths, bases };
};

/** Paths in a text that is no Nix as a whole. */
export const namesInText = (text: string, { folder }: NixPlace): readonly string[] =>
  [...text.matchAll(/(?<![\w.+/~-])\.{0,2}(?:\/[\w.+-]+)+/g)].map(([path]) => resolve(folder, path));

interface Name {
  readonly path: string;
  /** Whether the path ends there; if not, it goes on with what is known to Nix alone. */
  readonly isWhole: boolean;
  /** Nodes of it that may name more. */
  readonly besides: readonly Node[];
}

const nameOf = (node: Node, place: NixPlace): Name | undefined => {
  switch (node.kind) {
    case "path":
      return node.parts[0].startsWith("~")
        ? undefined
        : continued({ path: resolve(place.folder, node.parts[0]), isWhole: true, besides: [] }, node.parts.slice(1));
    case "str":
    case "indentedStr": {
      const [first, ...rest] = node.parts;
      const start = first !== undefined && typeof first !== "string" ? textOfPath(first.expr, place) : undefined;
      return start === undefined || rest.length === 0 ? undefined : continued(start, rest);
    }
    case "binary": {
      const start = node.operator === "+" ? textOfPath(node.left, place) : undefined;
      if (start === undefined) return undefined;
      const isText = node.right.kind === "str" || node.right.kind === "indentedStr";
      return isText ? continued(start, node.right.parts) : continued(start, [node.right]);
    }
    default:
      return undefined;
  }
};

/** A path with more text behind it, up to the folder that is known. */
const continued = (start: Name, parts: readonly (StringPart | Expr)[]): Name => {
  if (!start.isWhole) return { ...start, besides: [...start.besides, ...parts.filter(isPart)] };
  const end = parts.findIndex(isPart);
  const text = parts
    .slice(0, end < 0 ? undefined : end)
    .filter((part) => typeof part === "string")
    .join("");
  return end < 0
    ? { ...start, path: text === "" ? start.path : resolve(start.path + text) }
    : {
        path: text.includes("/") ? resolve(start.path + text.slice(0, text.lastIndexOf("/"))) : resolve(start.path),
        isWhole: false,
        besides: [...start.besides, ...parts.filter(isPart)],
      };
};

const isPart = (part: StringPart | Expr): part is Exclude<StringPart, string> | Expr =>
  typeof part !== "string" && isNode(part);

/** A path, or the text that Nix makes of one. */
const textOfPath = (expr: Expr, place: NixPlace): Name | undefined => {
  if (isSelf(expr)) return { path: place.flake, isWhole: true, besides: [] };
  if (expr.kind === "call" && /^(builtins\.)?toString$/.test(dotted(expr.function) ?? ""))
    return textOfPath(expr.argument, place);
  return nameOf(expr, place);
};

/** `self`, `inputs.self`, or the path that one of them has. */
const isSelf = (expr: Expr): boolean => /^(inputs\.)?self(\.outPath)?$/.test(dotted(expr) ?? "");

const dotted = (expr: Expr): string | undefined => {
  if (expr.kind === "ident") return expr.name;
  if (expr.kind !== "select" || expr.target.kind !== "ident" || expr.or !== undefined) return undefined;
  const names = expr.path.map(staticName);
  return names.includes(undefined) ? undefined : [expr.target.name, ...names].join(".");
};
