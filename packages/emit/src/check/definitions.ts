import { type Binding, type Expr, type Node, type Origin, staticName } from "@microvm-emit/nix-ast";

/** A place in a module that defines an option or a part of it. */
export interface Definition {
  readonly node: Node;
  /** The value, as far as the module writes it out. */
  readonly value: Expr;
  /** Config path of the innermost enclosing node that has one. */
  readonly origin?: Origin;
  /** Number of leading names of the option's path that the definition covers. */
  readonly depth: number;
}

/**
 * Finds the definitions of an option in a module and the modules in its `imports`, in text order. Keeps the most
 * specific ones. Computed values are not searched.
 */
export const definitionsOf = (module: Expr, option: readonly string[]): readonly Definition[] => {
  const found: Definition[] = [];
  const visit = (expr: Expr, depth: number, outer: Origin | undefined, around: Node | undefined): void => {
    const origin = expr.origin ?? outer;
    const isDefinition = around !== undefined && depth > 0;
    const define = (): void => {
      if (isDefinition) found.push({ node: around, value: expr, depth, ...(origin === undefined ? {} : { origin }) });
    };
    if (depth === option.length) {
      define();
      return;
    }
    const inner = contents(expr);
    if (inner.length > 0) {
      for (const part of inner) visit(part, depth, origin, around);
      return;
    }
    const before = found.length;
    if (expr.kind === "attrs") for (const binding of expr.bindings) enter(binding, depth, origin);
    const position = expr.kind === "list" ? positionIn(option[depth] ?? "") : undefined;
    if (expr.kind === "list" && position !== undefined) {
      const item = expr.items[position];
      if (item !== undefined) visit(item, depth + 1, origin, item);
    }
    // A literal set without the name does not define the option; a computed set may.
    if (found.length === before && (expr.kind !== "attrs" || expr === around)) define();
  };
  const enter = (binding: Binding, depth: number, outer: Origin | undefined): void => {
    const origin = binding.origin ?? outer;
    if (binding.kind === "inherit") return;
    const names = binding.path.map(staticName);
    const isModulePart = names.length === 1 && (names[0] === "config" || names[0] === "content");
    const matching = names.findIndex((name, position) => name !== option[depth + position]);
    if (matching === -1) visit(binding.value, depth + names.length, origin, binding);
    // This binding defines an option below the requested one.
    else if (depth + matching === option.length) visit(binding.value, option.length, origin, binding);
    else if (isModulePart) visit(binding.value, depth, origin, undefined);
    else if (matching === names.length - 1 && names.at(-1) === "imports" && binding.value.kind === "list") {
      for (const item of binding.value.items) visit(item, depth + matching, binding.value.origin ?? origin, undefined);
    }
  };
  visit(module, 0, undefined, undefined);
  const deepest = Math.max(...found.map(({ depth }) => depth));
  return found.filter(({ depth }) => depth === deepest);
};

/** The value inside a module's function, `let`, condition or priority; several for branches and merges. */
const contents = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case "lambda":
    case "let":
    case "with":
    case "assert":
      return [expr.body];
    case "if":
      return [expr.then, expr.else];
    case "binary":
      return expr.operator === "//" ? [expr.left, expr.right] : [];
    case "call":
      return propertyOf(expr.function) === undefined
        ? []
        : expr.argument.kind === "list" && propertyOf(expr.function) === "mkMerge"
          ? expr.argument.items
          : [expr.argument];
    default:
      return [];
  }
};

/** Strips `mkIf`, `mkForce`, `mkOrder` and other properties of the module system from a value. */
export const withoutProperties = (value: Expr): Expr =>
  value.kind === "call" && propertyOf(value.function) !== undefined ? withoutProperties(value.argument) : value;

/** The property of a call such as `lib.mkIf condition`. */
const propertyOf = (expr: Expr): string | undefined => {
  if (expr.kind === "call") return propertyOf(expr.function);
  const last =
    expr.kind === "ident" ? expr.name : expr.kind === "select" ? staticName(expr.path[expr.path.length - 1]) : "";
  return properties.has(last ?? "") ? last : undefined;
};

const properties = new Set([
  ...["mkIf", "mkMerge", "mkForce", "mkDefault", "mkOverride", "mkVMOverride", "mkImageMediaOverride"],
  ...["mkOptionDefault", "mkBefore", "mkAfter", "mkOrder"],
]);

/** Index of the list element that a name such as `[definition 1-entry 2]` means, from 0. */
const positionIn = (name: string): number | undefined => {
  const entry = /^\[definition \d+-entry (?<entry>\d+)\]$/.exec(name)?.groups?.["entry"];
  return entry === undefined ? undefined : Number(entry) - 1;
};

/** Splits an option's path as Nix prints it: `a."b.c".d`. */
export const optionPath = (shown: string): readonly string[] =>
  [...shown.matchAll(/"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>\[[^\]]*\]|<[^>]*>|[^.]+)/g)].map(
    ({ groups }) => groups?.["quoted"]?.replaceAll(/\\(.)/g, "$1") ?? groups?.["plain"] ?? "",
  );
