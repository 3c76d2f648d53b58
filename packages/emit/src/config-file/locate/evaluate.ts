import {
  type Binding,
  type Call,
  everything,
  type Expression,
  functionScope,
  isOurs,
  lookUp,
  type Module,
  type Property,
  plainKey,
  type Scope,
  withNested,
} from "./syntax.js";
import {
  type Alternatives,
  anything,
  empty,
  exactly,
  isFunction,
  onlyOne,
  type PartsOf,
  together,
  type Value,
  written,
} from "./value.js";

/** Evaluates the part of JavaScript that configs use. */
export interface Evaluator {
  /** Forgets the steps of an earlier evaluation. */
  readonly restart: () => void;
  /** Resolves names, types, conditions, members and calls to literals. */
  readonly meanings: (value: Value) => Alternatives;
  readonly bound: (binding: Binding | undefined) => Alternatives;
  readonly resultOf: (called: Value, args: readonly (Value | undefined)[]) => Alternatives;
  /** The string or number that an expression evaluates to. */
  readonly textOf: (node: Expression, scope: Scope) => string | number | undefined;
  readonly keyOf: (member: Pick<Property, "key" | "computed">, scope: Scope) => string | undefined;
}

/** Opens an imported module; undefined for modules that are not the user's. */
export type OpenModule = (importer: string, specifier: string) => Module | undefined;

/** Limit against cyclic definitions; no config needs as many steps. */
const maxSteps = 20_000;

export const evaluatorOf = (open: OpenModule, partsOf: PartsOf): Evaluator => {
  let steps = 0;
  let depth = 0;

  const limited = (run: () => Alternatives): Alternatives => {
    if (++steps > maxSteps || depth > 200) return anything;
    depth++;
    try {
      return run();
    } finally {
      depth--;
    }
  };

  const meanings = (value: Value): Alternatives => {
    if (value.kind === "unknown") return anything;
    if (value.kind !== "written") return exactly(value);
    const { node, scope } = value;
    const through = (next: Expression): Alternatives => meanings(written(next, scope));
    return limited((): Alternatives => {
      switch (node.type) {
        case "TSAsExpression":
        case "TSSatisfiesExpression":
        case "TSNonNullExpression":
        case "TSTypeAssertion":
        case "ParenthesizedExpression":
          return through(node.expression);
        case "AwaitExpression":
          return through(node.argument);
        case "Identifier":
          return bound(lookUp(node.name, scope));
        case "ConditionalExpression":
          return together([through(node.consequent), through(node.alternate)]);
        case "LogicalExpression":
          return together([node.operator === "&&" ? exactly(empty) : through(node.left), through(node.right)]);
        case "MemberExpression":
        case "OptionalMemberExpression": {
          if (node.object.type === "Super" || node.property.type === "PrivateName") return anything;
          const step =
            node.property.type === "Identifier" && !node.computed ? node.property.name : textOf(node.property, scope);
          if (step === undefined) return anything;
          const namespace = node.object.type === "Identifier" ? lookUp(node.object.name, scope) : undefined;
          if (namespace?.kind === "import" && namespace.name === everything)
            return bound({ ...namespace, name: String(step) });
          return memberOf(through(node.object), step);
        }
        case "CallExpression":
          return called(node, scope);
        case "ObjectExpression":
        case "ArrayExpression":
        case "ArrowFunctionExpression":
        case "FunctionExpression":
        case "StringLiteral":
        case "NumericLiteral":
        case "BooleanLiteral":
        case "NullLiteral":
        case "TemplateLiteral":
        case "UnaryExpression":
          return exactly(value);
        default:
          return anything;
      }
    });
  };

  const memberOf = (object: Alternatives, step: string | number): Alternatives => {
    const found = onlyOne(partsOf(object, step));
    return found?.value === undefined ? anything : meanings(found.value);
  };

  const bound = (binding: Binding | undefined): Alternatives => {
    switch (binding?.kind) {
      case "value": {
        const { values, isOpen } = meanings(written(binding.value.node, binding.value.scope));
        return { values, isOpen: isOpen || !binding.isConstant };
      }
      case "part": {
        const { values, isOpen } = limited(() => memberOf(bound(binding.of), binding.step));
        return { values, isOpen: isOpen || binding.hasDefault };
      }
      case "import":
        return limited(() => imported(binding));
      default:
        return anything;
    }
  };

  const imported = ({ from, specifier, name }: Extract<Binding, { kind: "import" }>): Alternatives => {
    const module = open(from, specifier);
    return module === undefined ? anything : exportOf(module, name);
  };

  const exportOf = (module: Module, name: string): Alternatives => {
    const own = module.exports.get(name);
    if (own !== undefined) return bound(own);
    for (const specifier of module.passedOn) {
      const next = open(module.file, specifier);
      const found = next === undefined ? anything : limited(() => exportOf(next, name));
      if (found.values.length > 0) return found;
    }
    return anything;
  };

  const called = ({ callee, arguments: given }: Call, scope: Scope): Alternatives => {
    const spread = given.findIndex((argument) => argument.type === "SpreadElement");
    const args = given
      .slice(0, spread === -1 ? undefined : spread)
      .flatMap((argument): Value[] =>
        argument.type === "SpreadElement" || argument.type === "ArgumentPlaceholder" ? [] : [written(argument, scope)],
      );
    const own = ownName(callee, scope);
    const [first] = args;
    if (own === "replace") return first === undefined ? anything : exactly({ kind: "replacing", by: first });
    if (own === "extend") return spread === -1 ? exactly({ kind: "merged", parts: args }) : anything;
    if (own !== undefined) {
      if (first === undefined) return anything;
      const { values, isOpen } = meanings(first);
      // Other functions of this package fill in defaults.
      return { values, isOpen: isOpen || own !== "defineConfig" };
    }
    const method = callee.type === "MemberExpression" ? methodOf(callee, scope) : undefined;
    if (method !== undefined) return method(args);
    const { values, isOpen } =
      callee.type === "Super" || callee.type === "V8IntrinsicIdentifier" ? anything : meanings(written(callee, scope));
    const [called] = values;
    return values.length === 1 && !isOpen && called !== undefined ? resultOf(called, args) : anything;
  };

  /** Built-in methods of JavaScript that configs use to build data. */
  const methodOf = (
    { object, property, computed }: Extract<Expression, { type: "MemberExpression" }>,
    scope: Scope,
  ): ((args: readonly Value[]) => Alternatives) | undefined => {
    if (property.type !== "Identifier" || computed || object.type === "Super") return undefined;
    const global = object.type === "Identifier" && lookUp(object.name, scope) === undefined ? `${object.name}.` : "";
    switch (`${global}${property.name}`) {
      case "Object.freeze":
        return ([first]) => (first === undefined ? anything : meanings(first));
      case "Object.fromEntries":
        return ([list]) => (list === undefined ? anything : exactly({ kind: "entries", list }));
      case "Array.from":
        return ([, by]) => mapped(undefined, by);
      case "map":
        return ([by]) => mapped(written(object, scope), by);
      default:
        return undefined;
    }
  };

  const mapped = (list: Value | undefined, by: Value | undefined): Alternatives => {
    if (by === undefined) return anything;
    const { values, isOpen } = meanings(by);
    const [one] = values;
    return values.length === 1 && !isOpen && one?.kind === "written" && isFunction(one.node)
      ? exactly({ kind: "mapped", list, by: { node: one.node, scope: one.scope } })
      : anything;
  };

  const resultOf = (called: Value, args: readonly (Value | undefined)[]): Alternatives => {
    if (called.kind !== "written" || !isFunction(called.node)) return anything;
    const { node } = called;
    const scope = functionScope(node, called.scope, (position) => {
      const value = args[position];
      return value?.kind === "written" ? { kind: "value", value, isConstant: true } : undefined;
    });
    const results =
      node.body.type === "BlockStatement"
        ? node.body.body
            .flatMap(withNested)
            .flatMap((statement) =>
              statement.type === "ReturnStatement" && statement.argument != null ? [statement.argument] : [],
            )
        : [node.body];
    return together(results.map((result) => meanings(written(result, scope))));
  };

  const keyOf = (member: Pick<Property, "key" | "computed">, scope: Scope): string | undefined => {
    const plain = plainKey(member);
    if (plain !== undefined || member.key.type === "PrivateName") return plain;
    const computed = textOf(member.key, scope);
    return computed === undefined ? undefined : String(computed);
  };

  const textOf = (node: Expression, scope: Scope): string | number | undefined => {
    const { values, isOpen } = meanings(written(node, scope));
    const [value] = values;
    if (values.length !== 1 || isOpen || value?.kind !== "written") return undefined;
    switch (value.node.type) {
      case "StringLiteral":
      case "NumericLiteral":
        return value.node.value;
      case "TemplateLiteral": {
        const { quasis, expressions } = value.node;
        const texts = quasis.map(({ value: { cooked } }, position) => {
          const hole = expressions[position];
          const filled = hole === undefined ? "" : textOf(hole as Expression, value.scope);
          return cooked == null || filled === undefined ? undefined : `${cooked}${String(filled)}`;
        });
        return texts.includes(undefined) ? undefined : texts.join("");
      }
      default:
        return undefined;
    }
  };

  const restart = (): void => {
    steps = 0;
  };

  return { restart, meanings, bound, resultOf, textOf, keyOf };
};

/** The name of the called function, if it is ours. */
const ownName = (callee: Call["callee"], scope: Scope): string | undefined => {
  if (callee.type === "MemberExpression" && callee.object.type === "Identifier" && !callee.computed) {
    const namespace = lookUp(callee.object.name, scope);
    return namespace?.kind === "import" && namespace.name === everything && isOurs(namespace.specifier)
      ? callee.property.type === "Identifier"
        ? callee.property.name
        : undefined
      : undefined;
  }
  if (callee.type !== "Identifier") return undefined;
  const binding = lookUp(callee.name, scope);
  if (binding === undefined) return callee.name;
  return binding.kind === "import" && isOurs(binding.specifier) ? binding.name : undefined;
};
