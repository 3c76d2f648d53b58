/** Finds the paths that Nix code names, literally or by an expression. */
import { childrenOf, type Expr, isNode, type Node, staticName, type StringPart } from "@microvm-emit/nix-ast";
import { resolve } from "pathe";

/** Absolute paths. */
export interface NixNames {
  /** Files and folders. */
  readonly paths: readonly string[];
  /** Folders with files that the code names by an expression. */
  readonly bases: readonly string[];
}

/** Folder of the code, and of its flake, which is the value of `self`. */
export interface NixPlace {
  readonly folder: string;
  readonly flake: string;
}

/** The paths in a tree. Skips `<x>` and `~/x`, which pure evaluation forbids. */
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

/** Paths in a text that is not valid Nix. */
export const namesInText = (text: string, { folder }: NixPlace): readonly string[] =>
  [...text.matchAll(/(?<![\w.+/~-])\.{0,2}(?:\/[\w.+-]+)+/g)].map(([path]) => resolve(folder, path));

interface Name {
  readonly path: string;
  /** False if only an evaluation can tell the rest of the path. */
  readonly isWhole: boolean;
  /** Parts of the expression that may name more paths. */
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

/** Appends parts to a path; stops at the last folder before an unknown part. */
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

/** A path, or a path converted to a string. */
const textOfPath = (expr: Expr, place: NixPlace): Name | undefined => {
  if (isSelf(expr)) return { path: place.flake, isWhole: true, besides: [] };
  if (expr.kind === "call" && /^(builtins\.)?toString$/.test(dotted(expr.function) ?? ""))
    return textOfPath(expr.argument, place);
  return nameOf(expr, place);
};

/** True for `self`, `inputs.self` and their `outPath`. */
const isSelf = (expr: Expr): boolean => /^(inputs\.)?self(\.outPath)?$/.test(dotted(expr) ?? "");

const dotted = (expr: Expr): string | undefined => {
  if (expr.kind === "ident") return expr.name;
  if (expr.kind !== "select" || expr.target.kind !== "ident" || expr.or !== undefined) return undefined;
  const names = expr.path.map(staticName);
  return names.includes(undefined) ? undefined : [expr.target.name, ...names].join(".");
};
