import {
  NODE,
  type AttrName,
  type Binding,
  type Expr,
  type Ident,
  type Inherit,
  type Node,
  type StaticName,
  type ValueBinding,
} from "../expr.js";
import { nodesOf } from "../children.js";
import { isIdentifier, nameOf, staticName } from "../names.js";
import type { Result } from "../result.js";
import { mapNodes } from "../visit.js";
import { analyze, type Reference, type Variable } from "./analysis.js";

/** The reason of a {@link RenameError}. */
export type RenameErrorKind =
  /** The new name is a keyword, or not allowed as the name of a variable. */
  | "invalid"
  /** The name is an attribute too, which other code may use: of a `rec` set, or of `{ … }:`. */
  | "attribute"
  /** The variable is not a variable of this tree. */
  | "missing"
  /** The scope has a variable with the new name. */
  | "defined"
  /** A use of the old or the new name would refer to another variable. */
  | "captured";

/** A variable that cannot be renamed. */
export interface RenameError {
  readonly _tag: "RenameError";
  readonly kind: RenameErrorKind;
  /** The reason. */
  readonly message: string;
  /** The node at fault, if there is one. */
  readonly node?: Node;
}

const fail = (kind: RenameErrorKind, message: string, node?: Node): Result<RenameError, never> => ({
  _tag: "Left",
  left: { _tag: "RenameError", kind, message, ...(node ? { node } : {}) },
});

/**
 * Renames a variable of {@link scopesOf} at its declarations and uses. The value of the tree stays the same: `inherit a;`
 * becomes `a = b;`. An error if a name would refer to another variable. Offsets of the result refer to the old text.
 *
 * @example
 *
 * ```ts
 * import { nix, print } from "@microvm-emit/nix-ast";
 * import { rename, scopesOf } from "@microvm-emit/nix-ast/scopes";
 *
 * const tree = nix`let port = 80; in { inherit port; url = "http://localhost:${nix`toString port`}"; }`;
 * const [port] = scopesOf(tree).variables;
 * if (port === undefined) throw new Error("no variable");
 * const renamed = rename(tree, port, "httpPort");
 * if (renamed._tag === "Right") console.log(print(renamed.right));
 * ```
 *
 * ```nix
 * let
 *   httpPort = 80;
 * in
 * {
 *   port = httpPort;
 *   url = "http://localhost:${toString httpPort}";
 * }
 * ```
 */
export const rename = (expr: Expr, variable: Variable, name: string): Result<RenameError, Expr> => {
  const { scope, declarations } = variable;
  const old = JSON.stringify(variable.name);
  if (!isIdentifier(name)) return fail("invalid", `${JSON.stringify(name)} is not a name of a variable`);
  if (isAttribute(variable)) return fail("attribute", `${old} is also an attribute`, declarations[0]);
  if (name === variable.name) return { _tag: "Right", right: expr };
  const taken = scope.variables.get(name);
  if (taken) return fail("defined", `${JSON.stringify(name)} is already defined in this scope`, taken.declarations[0]);
  const index = analyze(expr).variables.findIndex((one) => one.name === variable.name && one.scope.node === scope.node);
  const tree = unshared(expr);
  const before = analyze(tree);
  const found = before.variables[index];
  if (found === undefined) return fail("missing", `${old} is not a variable of this tree`);

  const renaming = new Renaming(found, name);
  const renamed = mapNodes(tree, (node, { node: original }) => renaming.replace(node, original));
  const wrong = renaming.firstCaptured(before.references, analyze(renamed).references);
  if (wrong) return fail("captured", `${JSON.stringify(wrong.name)} would refer to another variable`, wrong.node);
  return { _tag: "Right", right: renamed };
};

/** A tree without nodes that are at several places, where they may have several meanings. */
const unshared = (expr: Expr): Expr => {
  const nodes = nodesOf(expr);
  return new Set(nodes).size === nodes.length ? expr : mapNodes(expr, (node) => ({ ...node }));
};

const isAttribute = ({ name, scope: { node }, declarations }: Variable): boolean =>
  node.kind === "attrs" ||
  (node.kind === "legacyLet" && name === "body") ||
  declarations.some(({ kind }) => kind === "formal");

/** The reference of the original tree for which a node of the new tree stands. */
interface Origin {
  readonly node: Node;
  /** The name in the original tree; undefined if it is the same. */
  readonly name?: string;
}

class Renaming {
  readonly #variable: Variable;
  readonly #to: string;
  readonly #declarations: ReadonlySet<Node>;
  readonly #uses: ReadonlySet<Node>;
  /** The original nodes of new nodes. */
  readonly #origins = new Map<Node, Origin>();

  constructor(variable: Variable, to: string) {
    this.#variable = variable;
    this.#to = to;
    this.#declarations = new Set(variable.declarations);
    this.#uses = new Set(variable.references.map(({ node }) => node));
  }

  /** The new node for a node of the original tree; `node` has its new children. */
  replace(node: Node, original: Node): Node {
    const now = this.#renamed(node, original);
    if (now !== original) this.#note(now, original);
    return now;
  }

  #note<N extends Node>(now: N, node: Node, name?: string): N {
    this.#origins.set(now, { node, ...(name === undefined ? {} : { name }) });
    return now;
  }

  #renamed(node: Node, original: Node): Node {
    const isDeclaration = this.#declarations.has(original);
    switch (node.kind) {
      case "ident":
        return this.#uses.has(original) ? { ...node, name: this.#to } : node;
      case "identParam":
        return isDeclaration ? { ...node, name: this.#to } : node;
      case "formals":
        return isDeclaration && node.as ? { ...node, as: { ...node.as, name: this.#to } } : node;
      case "binding": {
        const [first, ...rest] = node.path;
        return isDeclaration ? { ...node, path: [this.#name(first), ...rest] } : node;
      }
      case "attrs":
      case "let":
      case "legacyLet": {
        const { bindings } = original as typeof node;
        const now = node.bindings.flatMap((one, i) => this.#bindings(one, bindings[i] as Binding));
        return now.some((one, i) => one !== node.bindings[i]) ? { ...node, bindings: now } : node;
      }
      default:
        return node;
    }
  }

  #name(step: AttrName): StaticName {
    if (typeof step === "string" || step.kind === "dynamicName") return this.#to;
    const { spelling: _, ...rest } = step;
    return { ...rest, name: this.#to };
  }

  #bindings(node: Binding, original: Binding): readonly Binding[] {
    if (node.kind === "inherit") {
      const isChanged = this.#declarations.has(original) || this.#uses.has(original);
      return isChanged ? this.#split(node, original as Inherit) : [node];
    }
    return [this.#joined(node, original as ValueBinding)];
  }

  /** `inherit a;` for `a = a;`, which would refer to itself in a `let` or `rec`. */
  #joined(node: ValueBinding, original: ValueBinding): Binding {
    const { path, value, tokens, before, after } = node;
    const isChanged = this.#declarations.has(original) !== this.#uses.has(original.value);
    const hasComments = [tokens, value.before, value.after, value.below, value.parens].some((one) => one !== undefined);
    if (!isChanged || hasComments || value.kind !== "ident" || path.length > 1) return node;
    if (staticName(path[0]) !== value.name) return node;
    const inherit: Inherit = { [NODE]: true, kind: "inherit", names: [path[0] as StaticName] };
    const joined = { ...inherit, ...(before ? { before } : {}), ...(after === undefined ? {} : { after }) };
    return this.#note(joined, original.value, (original.value as Ident).name);
  }

  /** A binding for the name, and an `inherit` for the names before and after it. */
  #split(node: Inherit, original: Inherit): readonly Binding[] {
    const { before, after, ...plain } = node;
    const old = this.#variable.name;
    const parts: Binding[] = [];
    let names: StaticName[] = [];
    const end = (): void => {
      if (names.length > 0) parts.push({ ...plain, names });
      names = [];
    };
    for (const name of node.names) {
      if (nameOf(name) !== old) {
        names.push(name);
        continue;
      }
      end();
      const isDeclaration = this.#declarations.has(original);
      const variable: Ident = { [NODE]: true, kind: "ident", name: isDeclaration ? old : this.#to };
      const value: Expr = node.from
        ? { [NODE]: true, kind: "select", target: this.#withoutParens(node.from), path: [old] }
        : this.#note(variable, original, old);
      parts.push({ [NODE]: true, kind: "binding", path: [isDeclaration ? this.#name(name) : name], value });
    }
    end();
    return parts.map((part, i) => {
      const whole: Binding = {
        ...part,
        ...(i === 0 && before ? { before } : {}),
        ...(i === parts.length - 1 && after !== undefined ? { after } : {}),
      };
      return whole.kind === "inherit" ? this.#note(whole, original) : whole;
    });
  }

  /** The set of `inherit (set) …` without these parentheses. */
  #withoutParens(from: Expr): Expr {
    const { parens = [], ...plain } = from;
    const outer = parens.at(-1);
    if (outer === undefined || outer.before || outer.tokens) return from;
    const inner = parens.slice(0, -1);
    const target = inner.length > 0 ? { ...plain, parens: inner } : plain;
    return this.#note(target, this.#originalOf(from), this.#origins.get(from)?.name);
  }

  /** The first reference that had another meaning in the original tree. */
  firstCaptured(before: readonly Reference[], now: readonly Reference[]): Reference | undefined {
    const originals = new Map<Node, Reference[]>();
    for (const reference of before) {
      const alike = originals.get(reference.node);
      if (alike) alike.push(reference);
      else originals.set(reference.node, [reference]);
    }
    return now.find((reference) => {
      const origin = this.#origins.get(reference.node) ?? { node: reference.node };
      const uses = originals.get(origin.node) ?? [];
      return !uses.some((one) => (origin.name ?? one.name) === one.name && this.#isSame(one, reference));
    });
  }

  #isSame(before: Reference, now: Reference): boolean {
    if (before.kind === "variable") {
      if (now.kind !== "variable") return false;
      const { name, scope } = before.variable;
      const isRenamed = scope.node === this.#variable.scope.node && name === this.#variable.name;
      return now.name === (isRenamed ? this.#to : name) && this.#originalOf(now.variable.scope.node) === scope.node;
    }
    if (now.kind === "with" && before.kind === "with" && this.#originalOf(now.with) !== before.with) return false;
    return now.kind === before.kind && now.name === before.name;
  }

  #originalOf(node: Node): Node {
    return this.#origins.get(node)?.node ?? node;
  }
}
