import type { ConfigPath } from "@microvm-emit/model";
import {
  type Binding,
  type Call,
  everything,
  type Expression,
  functionScope,
  isOurs,
  type ListLiteral,
  lookUp,
  type Module,
  type ObjectLiteral,
  plainKey,
  type Property,
  type Scope,
  withNested,
  type Written,
  type WrittenFunction,
} from "./syntax.js";

/** The value of an expression, as far as it can be known without running it. */
type Value =
  /** A value without parts, such as false as the result of `&&`. */
  | { readonly kind: "empty" }
  | { readonly kind: "written"; readonly node: Expression; readonly scope: Scope }
  /** Arguments of `extend`; later ones win. */
  | { readonly kind: "merged"; readonly parts: readonly Value[] }
  /** An unknown value below known parts. */
  | { readonly kind: "unknown" }
  /** `replace(…)`: replaces all values below. */
  | { readonly kind: "replacing"; readonly by: Value }
  /** `Object.fromEntries` of a list. */
  | { readonly kind: "entries"; readonly list: Value }
  /** The result of a function for each element of a list, or for each index if the list is unknown. */
  | {
      readonly kind: "mapped";
      readonly list: Value | undefined;
      readonly by: Written & { readonly node: WrittenFunction };
    };

/** All possible values of an expression. */
interface Alternatives {
  readonly values: readonly Value[];
  /** True if there may be other values. */
  readonly isOpen: boolean;
}

/** A place with the value there; undefined for values from unknown code. */
interface Found extends Spot {
  readonly value: Value | undefined;
}

/** The actual value at a config path, if the config is loaded. */
export type Actual = { readonly value: unknown } | undefined;

interface Candidate extends Found {
  /** True if another value may override it. */
  readonly isOpen: boolean;
}

/** Opens an imported module; undefined for modules that are not the user's. */
export type OpenModule = (importer: string, specifier: string) => Module | undefined;

/** Follows a config path through the source, as far as that can be known. */
export type Walk = (config: Binding, path: ConfigPath, actual: Actual) => Reached;

/** The end of a config path in the source. */
export interface Reached {
  /** The place of the deepest known part of the path; undefined if no part is known. */
  readonly spot: Spot | undefined;
  /** The literals that may be the value of the whole path, the top one of several that `extend` merges. */
  readonly literals: readonly Written[];
}

export interface Spot {
  readonly module: Module;
  readonly offset: number;
}

const anything: Alternatives = { values: [], isOpen: true };

const empty: Value = { kind: "empty" };

const exactly = (value: Value): Alternatives => ({ values: [value], isOpen: false });

const together = (all: readonly Alternatives[]): Alternatives => ({
  values: all.flatMap(({ values }) => values),
  isOpen: all.some(({ isOpen }) => isOpen),
});

const written = ({ node, scope }: Written): Value => ({ kind: "written", node, scope });

/** Limit against cyclic definitions; no config needs as many steps. */
const maxSteps = 20_000;

export const walkOf = (open: OpenModule): Walk => {
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

  /** Resolves names, types, conditions, members and calls to literals. */
  const meanings = (value: Value): Alternatives => {
    if (value.kind === "unknown") return anything;
    if (value.kind !== "written") return exactly(value);
    const { node, scope } = value;
    const through = (next: Expression): Alternatives => meanings({ kind: "written", node: next, scope });
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
    const found = choose(candidatesOf(object, step, undefined), undefined);
    return found?.value === undefined ? anything : meanings(found.value);
  };

  const bound = (binding: Binding | undefined): Alternatives => {
    switch (binding?.kind) {
      case "value": {
        const { values, isOpen } = meanings(written(binding.value));
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
        argument.type === "SpreadElement" || argument.type === "ArgumentPlaceholder"
          ? []
          : [{ kind: "written", node: argument, scope }],
      );
    const own = ownName(callee, scope);
    const [first] = args;
    if (own === "replace") return first === undefined ? anything : exactly({ kind: "replacing", by: first });
    if (own === "extend") return spread === -1 ? exactly({ kind: "merged", parts: args }) : anything;
    if (own !== undefined) {
      if (first === undefined) return anything;
      const { values, isOpen } = meanings(first);
      // Other functions of ours fill in defaults.
      return { values, isOpen: isOpen || own !== "defineConfig" };
    }
    const method = callee.type === "MemberExpression" ? methodOf(callee, scope) : undefined;
    if (method !== undefined) return method(args);
    const { values, isOpen } =
      callee.type === "Super" || callee.type === "V8IntrinsicIdentifier"
        ? anything
        : meanings({ kind: "written", node: callee, scope });
    const [called] = values;
    return values.length === 1 && !isOpen && called !== undefined ? resultOf(called, args) : anything;
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
        return ([by]) => mapped({ kind: "written", node: object, scope }, by);
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
    return together(results.map((result) => meanings({ kind: "written", node: result, scope })));
  };

  const candidatesOf = (
    { values, isOpen }: Alternatives,
    step: string | number,
    parent: Actual,
  ): readonly Candidate[] =>
    values.flatMap((value) =>
      partsOf(value, step, parent).map((found) => ({ ...found, isOpen: found.isOpen || isOpen })),
    );

  const partsOf = (value: Value, step: string | number, parent: Actual): readonly Candidate[] => {
    switch (value.kind) {
      case "empty":
      case "unknown":
        return [];
      case "replacing":
        return candidatesOf(meanings(value.by), step, parent);
      case "merged":
        return mergedPart(value.parts, step);
      case "entries":
        return entriesOf(value.list, String(step));
      case "mapped":
        return itemOfMapped(value, Number(step)).flatMap((item) => {
          const { node, scope } = value.by;
          const at = item.kind === "written" ? item : { node: node.body, scope };
          return [{ module: at.scope.module, offset: startOf(at.node), value: item, isOpen: false }];
        });
      case "written":
        switch (value.node.type) {
          case "ObjectExpression":
            return propertiesOf(value.node, value.scope, String(step));
          case "ArrayExpression":
            return itemsOf(value.node, value.scope, Number(step), parent);
          default:
            return [];
        }
    }
  };

  /** Properties that may have this name, in order of precedence. */
  const propertiesOf = ({ properties }: ObjectLiteral, scope: Scope, name: string): readonly Candidate[] => {
    const found: Candidate[] = [];
    let isOpen = false;
    for (const member of properties.toReversed()) {
      const at = { module: scope.module, offset: startOf(member) };
      if (member.type === "SpreadElement") {
        const spread = meanings({ kind: "written", node: member.argument, scope });
        const parts = candidatesOf(spread, name, undefined);
        found.push(...parts.map((part) => ({ ...part, isOpen: part.isOpen || isOpen })));
        if (spread.isOpen) {
          found.push({ ...at, value: undefined, isOpen: true });
          isOpen = true;
        } else if (spread.values.length === 1 && parts.some((part) => !part.isOpen)) return found;
      } else {
        const key = keyOf(member, scope);
        if (key !== undefined && key !== name) continue;
        const value: Value | undefined =
          member.type === "ObjectProperty" ? { kind: "written", node: member.value as Expression, scope } : undefined;
        found.push({ ...at, value, isOpen: isOpen || key === undefined });
        if (key === name) return found;
        isOpen = true;
      }
    }
    return found;
  };

  const keyOf = (member: Pick<Property, "key" | "computed">, scope: Scope): string | undefined => {
    const plain = plainKey(member);
    if (plain !== undefined || member.key.type === "PrivateName") return plain;
    const computed = textOf(member.key, scope);
    return computed === undefined ? undefined : String(computed);
  };

  const itemsOf = ({ elements }: ListLiteral, scope: Scope, position: number, parent: Actual): readonly Candidate[] => {
    const lengths = elements.map((element) =>
      element?.type === "SpreadElement" ? lengthOf(meanings({ kind: "written", node: element.argument, scope })) : 1,
    );
    const missing = lengths.filter((length) => length === undefined).length;
    const known = lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0);
    // A single spread of unknown length fills the rest of the list.
    const rest = missing === 1 && Array.isArray(parent?.value) ? parent.value.length - known : undefined;
    let before = 0;
    for (const [index, element] of elements.entries()) {
      const length = lengths[index] ?? rest;
      if (element === null) {
        before++;
        continue;
      }
      const at = { module: scope.module, offset: startOf(element) };
      if (length === undefined) return [{ ...at, value: undefined, isOpen: true }];
      if (position < before + length) {
        if (element.type !== "SpreadElement")
          return [{ ...at, value: { kind: "written", node: element, scope }, isOpen: false }];
        const parts = candidatesOf(
          meanings({ kind: "written", node: element.argument, scope }),
          position - before,
          undefined,
        );
        return parts.length > 0 ? parts : [{ ...at, value: undefined, isOpen: true }];
      }
      before += length;
    }
    return [];
  };

  const lengthOf = ({ values, isOpen }: Alternatives): number | undefined => {
    const [value] = values;
    if (isOpen || values.length !== 1 || value === undefined) return undefined;
    if (value.kind === "mapped") return value.list === undefined ? undefined : lengthOf(meanings(value.list));
    if (value.kind === "replacing") return lengthOf(meanings(value.by));
    if (value.kind === "merged") {
      const lengths = value.parts.map((part) => lengthOf(meanings(part)));
      return lengths.some((length) => length === undefined)
        ? undefined
        : lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0);
    }
    if (value.kind !== "written" || value.node.type !== "ArrayExpression") return undefined;
    const { scope } = value;
    const lengths = value.node.elements.map((element) =>
      element?.type === "SpreadElement" ? lengthOf(meanings({ kind: "written", node: element.argument, scope })) : 1,
    );
    return lengths.some((length) => length === undefined)
      ? undefined
      : lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0);
  };

  /** Merges objects by key and concatenates lists. */
  const mergedPart = (all: readonly Value[], step: string | number): readonly Candidate[] => {
    const replacing = all.findLastIndex((part) => meanings(part).values.some(({ kind }) => kind === "replacing"));
    const parts = all.slice(Math.max(replacing, 0));
    if (typeof step === "number") {
      let before = 0;
      for (const part of parts) {
        const length = lengthOf(meanings(part));
        if (length === undefined) return [];
        if (step < before + length) return candidatesOf(meanings(part), step - before, undefined);
        before += length;
      }
      return [];
    }
    const found = parts.flatMap((part, position) => {
      const chosen = choose(candidatesOf(meanings(part), step, undefined), undefined);
      return chosen === undefined ? [] : [{ position, chosen }];
    });
    const last = found.at(-1);
    if (last === undefined) return [];
    const isOpen = (some: readonly Value[]): boolean => some.some((part) => meanings(part).isOpen);
    const values = found.flatMap(({ chosen: { value } }) => (value === undefined ? [] : [value]));
    // The parts below may set the key too, to an unknown value.
    const below: readonly Value[] = isOpen(parts.slice(0, last.position)) ? [{ kind: "unknown" }] : [];
    const [only, ...others] = [...below, ...values];
    const value: Value | undefined =
      values.length < found.length || only === undefined
        ? undefined
        : others.length === 0
          ? only
          : { kind: "merged", parts: [only, ...others] };
    return [{ ...last.chosen, value, isOpen: isOpen(parts.slice(last.position)) }];
  };

  const entriesOf = (list: Value, name: string): readonly Candidate[] =>
    meanings(list).values.flatMap((value): readonly Candidate[] => {
      const entries =
        value.kind === "mapped"
          ? allOfMapped(value)
          : value.kind === "written" && value.node.type === "ArrayExpression"
            ? value.node.elements.flatMap((element): Value[] =>
                element === null || element.type === "SpreadElement"
                  ? []
                  : [{ kind: "written", node: element, scope: value.scope }],
              )
            : [];
      return entries.flatMap((entry) =>
        meanings(entry).values.flatMap((pair): readonly Candidate[] => {
          if (pair.kind !== "written" || pair.node.type !== "ArrayExpression") return [];
          const [key, part] = pair.node.elements;
          if (key == null || part == null || key.type === "SpreadElement" || part.type === "SpreadElement") return [];
          const text = textOf(key, pair.scope);
          return text !== undefined && String(text) !== name
            ? []
            : [
                {
                  module: pair.scope.module,
                  offset: startOf(pair.node),
                  value: { kind: "written", node: part, scope: pair.scope },
                  isOpen: false,
                },
              ];
        }),
      );
    });

  type Mapped = Extract<Value, { kind: "mapped" }>;

  const itemOfMapped = ({ list, by }: Mapped, position: number): readonly Value[] => {
    const item =
      list === undefined ? undefined : choose(candidatesOf(meanings(list), position, undefined), undefined)?.value;
    return resultOf(written(by), [item]).values;
  };

  /** All known elements, or one with unknown input that stands for all. */
  const allOfMapped = (value: Mapped): readonly Value[] => {
    const length = value.list === undefined ? undefined : lengthOf(meanings(value.list));
    if (length === undefined) return resultOf(written(value.by), []).values;
    return Array.from({ length }, (_, position) => itemOfMapped(value, position)).flat();
  };

  /** The string or number that an expression evaluates to. */
  const textOf = (node: Expression, scope: Scope): string | number | undefined => {
    const { values, isOpen } = meanings({ kind: "written", node, scope });
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

  /** True if the source value equals the actual value; undefined if unknown. */
  const isValue = (value: Value, actual: unknown): boolean | undefined => {
    const { values, isOpen } = meanings(value);
    const answers = values.map((one) => (one.kind === "written" ? isLiteral(one, actual) : undefined));
    if (answers.length === 0 || answers.includes(undefined)) return undefined;
    if (answers.every((answer) => answer === false)) return isOpen ? undefined : false;
    return answers.length === 1 && !isOpen ? answers[0] : undefined;
  };

  const isLiteral = ({ node, scope }: Extract<Value, { kind: "written" }>, actual: unknown): boolean | undefined => {
    switch (node.type) {
      case "StringLiteral":
      case "NumericLiteral":
      case "BooleanLiteral":
        return node.value === actual;
      case "NullLiteral":
        return actual === null;
      case "TemplateLiteral": {
        const text = textOf(node, scope);
        return text === undefined ? undefined : text === actual;
      }
      case "UnaryExpression": {
        const operand = textOf(node.argument, scope);
        return node.operator === "-" && typeof operand === "number" ? -operand === actual : undefined;
      }
      case "ObjectExpression": {
        if (typeof actual !== "object" || actual === null || Array.isArray(actual)) return false;
        const isWhole = node.properties.every((member) => member.type === "ObjectProperty");
        const answers = node.properties.map((member) => {
          const key = member.type === "ObjectProperty" ? keyOf(member, scope) : undefined;
          if (member.type !== "ObjectProperty" || key === undefined) return undefined;
          if (!Object.hasOwn(actual, key)) return isWhole ? false : undefined;
          return isValue(
            { kind: "written", node: member.value as Expression, scope },
            (actual as Readonly<Record<string, unknown>>)[key],
          );
        });
        if (isWhole && answers.includes(false)) return false;
        if (isWhole && !answers.includes(undefined)) return Object.keys(actual).length === node.properties.length;
        return undefined;
      }
      case "ArrayExpression": {
        if (!Array.isArray(actual)) return false;
        if (node.elements.some((element) => element === null || element.type === "SpreadElement")) return undefined;
        if (node.elements.length !== actual.length) return false;
        const answers = node.elements.map((element, position) =>
          element === null || element.type === "SpreadElement"
            ? undefined
            : isValue({ kind: "written", node: element, scope }, actual[position]),
        );
        return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
      }
      default:
        return undefined;
    }
  };

  /** The candidate that must be the origin of the actual value, if there is exactly one. */
  const choose = (candidates: readonly Candidate[], actual: Actual): Found | undefined => {
    const container = onlyContainer(candidates, actual);
    if (container !== undefined) return container;
    const answered = candidates.map((candidate) => ({
      candidate,
      answer:
        actual === undefined || candidate.value === undefined ? undefined : isValue(candidate.value, actual.value),
    }));
    const possible = answered.filter(({ answer }) => answer !== false);
    const sure = possible.filter(({ answer }) => answer === true);
    const [only] = sure.length === 1 ? sure : possible;
    if (only === undefined || (sure.length !== 1 && possible.length !== 1)) return undefined;
    // A candidate that unknown code may override must equal the actual value.
    return only.answer === true || !only.candidate.isOpen || only.candidate.value === undefined
      ? only.candidate
      : undefined;
  };

  /** An object or list keeps its place, even if code changes it later. */
  const onlyContainer = (candidates: readonly Candidate[], actual: Actual): Found | undefined => {
    const [only] = candidates;
    const isContainer = typeof actual?.value === "object" && actual.value !== null;
    return candidates.length === 1 && isContainer && only?.isOpen === false ? only : undefined;
  };

  const literalsOf = (value: Value): readonly Written[] => {
    switch (value.kind) {
      case "written":
        return [value];
      case "merged":
        return value.parts.slice(-1).flatMap((part) => meanings(part).values.flatMap(literalsOf));
      case "replacing":
        return meanings(value.by).values.flatMap(literalsOf);
      default:
        return [];
    }
  };

  /** The exported value, or the result of an exported function. */
  const madeBy = (exported: Alternatives): Alternatives => {
    const [value] = exported.values;
    return exported.values.length === 1 && value?.kind === "written" && isFunction(value.node)
      ? resultOf(value, [])
      : exported;
  };

  return (config, path, loaded) => {
    steps = 0;
    let here = madeBy(bound(config));
    let actual = loaded;
    let spot: Spot | undefined;
    for (const step of path) {
      const next = actual === undefined ? undefined : partOf(actual.value, step);
      const found =
        actual !== undefined && next === undefined ? undefined : choose(candidatesOf(here, step, actual), next);
      spot = found ?? spot;
      if (found?.value === undefined) return { spot, literals: [] };
      here = meanings(found.value);
      actual = next;
    }
    return {
      spot,
      literals: here.values.flatMap(literalsOf),
    };
  };
};

const partOf = (whole: unknown, step: string | number): Actual =>
  typeof whole === "object" && whole !== null && Object.hasOwn(whole, step)
    ? { value: (whole as Readonly<Record<string | number, unknown>>)[step] }
    : undefined;

const isFunction = (node: Expression): node is WrittenFunction =>
  node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression";

const startOf = (node: { readonly start?: number | null | undefined }): number => node.start ?? 0;
