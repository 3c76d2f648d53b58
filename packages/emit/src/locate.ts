import type { ParseResult } from "@babel/parser";
import type { ConfigPath } from "@microvm-emit/model";
import { requireBabelParser } from "./commonjs.js";
import { type Place, placeAtOffset } from "./place.js";

/** Finds where a config path is written; the deepest part of it that can be found, when it is computed. */
export type Locator = (path: ConfigPath) => Place | undefined;

/** Reads a config's source for places, running nothing of it; `file` says by its name how to read it. */
export const locator = async (file: string, source: string): Promise<Locator> => {
  const offsetOf = await offsetsIn(file, source);
  return (path) => {
    const offset = offsetOf(path);
    return offset === undefined ? undefined : placeAtOffset(file, source, offset);
  };
};

type Offsets = (path: ConfigPath) => number | undefined;

const offsetsIn = async (file: string, source: string): Promise<Offsets> => {
  if (/\.jsonc?$/.test(file)) return jsonOffsets(source);
  if (/\.ya?ml$/.test(file)) return (await import("./yaml-place.js")).yamlOffsets(source);
  return moduleOffsets(file, source);
};

const jsonOffsets = async (source: string): Promise<Offsets> => {
  const { findNodeAtLocation, parseTree } = await import("jsonc-parser");
  const root = parseTree(source);
  return (path) => {
    if (root === undefined) return undefined;
    for (let length = path.length; length >= 0; length--) {
      const node = findNodeAtLocation(root, path.slice(0, length));
      if (node !== undefined) return (node.parent?.type === "property" ? node.parent : node).offset;
    }
    return undefined;
  };
};

const moduleOffsets = (file: string, source: string): Offsets => {
  const { parse } = requireBabelParser();
  let program: ParseResult["program"];
  try {
    ({ program } = parse(source, {
      sourceType: "module",
      errorRecovery: true,
      plugins: /\.m?ts$/.test(file) ? ["typescript"] : [],
    }));
  } catch {
    return () => undefined;
  }
  const scope = scopeOf(program.body, undefined);
  const exported = defaultExport(program.body);
  if (exported === undefined) return () => undefined;
  const config = madeBy({ node: exported, scope });
  return (path) => {
    let here: Found = { value: config, offset: exported.start ?? 0 };
    for (const step of path) {
      const next = descend(here.value, step, 0);
      if (next === undefined) break;
      here = next;
    }
    return here.offset;
  };
};

type Statement = ParseResult["program"]["body"][number];
type Declarator = Extract<Statement, { type: "VariableDeclaration" }>["declarations"][number];
type Expression = NonNullable<Declarator["init"]>;
type Call = Extract<Expression, { type: "CallExpression" }>;
type ObjectLiteral = Extract<Expression, { type: "ObjectExpression" }>;
type Property = Extract<ObjectLiteral["properties"][number], { type: "ObjectProperty" }>;
type LocalFunction = Extract<Expression, { type: "ArrowFunctionExpression" | "FunctionExpression" }>;

/** An expression together with what the names in it stand for. */
interface Value {
  readonly node: Expression;
  readonly scope: Scope | undefined;
}

interface Scope {
  readonly bindings: ReadonlyMap<string, Value>;
  readonly outer: Scope | undefined;
}

interface Found {
  readonly value: Value;
  readonly offset: number;
}

/** Deeper than this, names that stand for each other in a circle are given up. */
const maxDepth = 64;

const scopeOf = (body: readonly Statement[], outer: Scope | undefined, given?: ReadonlyMap<string, Value>): Scope => {
  const bindings = new Map(given);
  const scope: Scope = { bindings, outer };
  for (const statement of body) {
    const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (declaration?.type === "VariableDeclaration") {
      for (const { id, init } of declaration.declarations) {
        if (id.type === "Identifier" && init != null) bindings.set(id.name, { node: init, scope });
      }
    }
    if (declaration?.type === "FunctionDeclaration" && declaration.id != null) {
      bindings.set(declaration.id.name, { node: { ...declaration, type: "FunctionExpression" }, scope });
    }
  }
  return scope;
};

const defaultExport = (body: readonly Statement[]): Expression | undefined => {
  for (const statement of body) {
    if (statement.type === "ExportDefaultDeclaration") {
      const { declaration } = statement;
      if (declaration.type === "FunctionDeclaration") return { ...declaration, type: "FunctionExpression" };
      return declaration.type !== "ClassDeclaration" && declaration.type !== "TSDeclareFunction"
        ? declaration
        : undefined;
    }
    if (statement.type === "ExportNamedDeclaration" && statement.source == null) {
      for (const specifier of statement.specifiers) {
        if (specifier.type !== "ExportSpecifier") continue;
        const { exported, local } = specifier;
        if ((exported.type === "Identifier" ? exported.name : exported.value) === "default") return local;
      }
    }
    if (statement.type === "ExpressionStatement" && statement.expression.type === "AssignmentExpression") {
      const { left, right } = statement.expression;
      const isModuleExports =
        left.type === "MemberExpression" &&
        left.object.type === "Identifier" &&
        left.object.name === "module" &&
        left.property.type === "Identifier" &&
        left.property.name === "exports";
      if (isModuleExports) return right;
    }
  }
  return undefined;
};

/** What is exported, or what it returns where it is a function of the environment. */
const madeBy = (exported: Value): Value => {
  const [config] = meanings(exported, 0);
  return config !== undefined && isFunction(config.node)
    ? (returnedBy(config.node, config.scope, [], undefined) ?? exported)
    : exported;
};

const isFunction = (node: Expression): node is LocalFunction =>
  node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression";

/** Where a key or position of a value is written; undefined when that cannot be read off the source. */
const descend = (value: Value, step: string | number, depth: number): Found | undefined => {
  if (depth > maxDepth) return undefined;
  for (const { node, scope } of meanings(value, depth)) {
    const found =
      node.type === "ObjectExpression"
        ? property(node, scope, String(step), depth)
        : node.type === "ArrayExpression"
          ? element(node.elements, scope, Number(step), depth)
          : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};

const property = (
  { properties }: ObjectLiteral,
  scope: Scope | undefined,
  name: string,
  depth: number,
): Found | undefined => {
  // The last one wins, as when it runs.
  for (const member of properties.toReversed()) {
    if (member.type === "SpreadElement") {
      const found = descend({ node: member.argument, scope }, name, depth + 1);
      if (found !== undefined) return found;
    } else if (member.type === "ObjectProperty" && keyOf(member) === name) {
      return { value: { node: member.value as Expression, scope }, offset: member.start ?? 0 };
    }
  }
  return undefined;
};

const keyOf = ({ key, computed }: Property): string | undefined => {
  switch (key.type) {
    case "Identifier":
      return computed ? undefined : key.name;
    case "StringLiteral":
      return key.value;
    case "NumericLiteral":
      return String(key.value);
    case "TemplateLiteral":
      return key.quasis.length === 1 ? (key.quasis[0]?.value.cooked ?? undefined) : undefined;
    default:
      return undefined;
  }
};

const element = (
  elements: Extract<Expression, { type: "ArrayExpression" }>["elements"],
  scope: Scope | undefined,
  position: number,
  depth: number,
): Found | undefined => {
  let before = 0;
  for (const item of elements) {
    if (item?.type === "SpreadElement") {
      const list = meanings({ node: item.argument, scope }, depth + 1).find(
        ({ node }) => node.type === "ArrayExpression",
      );
      const isPlain =
        list?.node.type === "ArrayExpression" && list.node.elements.every((inner) => inner?.type !== "SpreadElement");
      if (list?.node.type !== "ArrayExpression" || !isPlain) return undefined;
      if (position < before + list.node.elements.length) {
        return element(list.node.elements, list.scope, position - before, depth + 1);
      }
      before += list.node.elements.length;
    } else {
      if (before === position) {
        return item === null ? undefined : { value: { node: item, scope }, offset: item.start ?? 0 };
      }
      before++;
    }
  }
  return undefined;
};

/** The literals an expression may stand for: through names, type annotations, choices, members and calls. */
const meanings = (value: Value, depth: number): Value[] => {
  const { node, scope } = value;
  const deeper = (next: Expression, inScope = scope): Value[] =>
    depth > maxDepth ? [] : meanings({ node: next, scope: inScope }, depth + 1);
  switch (node.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "ParenthesizedExpression":
      return deeper(node.expression);
    case "AwaitExpression":
      return deeper(node.argument);
    case "Identifier": {
      const bound = lookUp(node.name, scope);
      return bound === undefined ? [] : deeper(bound.node, bound.scope);
    }
    case "ConditionalExpression":
      return [...deeper(node.consequent), ...deeper(node.alternate)];
    case "LogicalExpression":
      return [...deeper(node.left), ...deeper(node.right)];
    case "MemberExpression": {
      const name =
        node.property.type === "Identifier" && !node.computed ? node.property.name : literalKey(node.property);
      if (name === undefined || node.object.type === "Super") return [];
      const member = descend({ node: node.object, scope }, name, depth + 1);
      return member === undefined ? [] : deeper(member.value.node, member.value.scope);
    }
    case "CallExpression":
      return called(node, scope, depth);
    default:
      return [value];
  }
};

const literalKey = (node: { readonly type: string }): string | number | undefined =>
  "value" in node && (typeof node.value === "string" || typeof node.value === "number") ? node.value : undefined;

const lookUp = (name: string, scope: Scope | undefined): Value | undefined =>
  scope === undefined ? undefined : (scope.bindings.get(name) ?? lookUp(name, scope.outer));

/**
 * What a call gives: what a function of the file returns, else its first argument, as `defineConfig` does and as
 * most functions that fill in what is left out do by and large.
 */
const called = ({ callee, arguments: given }: Call, scope: Scope | undefined, depth: number): Value[] => {
  const args = given.flatMap((argument) =>
    argument.type === "SpreadElement" || argument.type === "ArgumentPlaceholder" ? [] : [argument],
  );
  const local = callee.type === "Identifier" ? lookUp(callee.name, scope) : undefined;
  if (local !== undefined && isFunction(local.node)) {
    const returned = returnedBy(local.node, local.scope, args, scope);
    return returned === undefined || depth > maxDepth ? [] : meanings(returned, depth + 1);
  }
  const [first] = args;
  return first === undefined || depth > maxDepth ? [] : meanings({ node: first, scope }, depth + 1);
};

const returnedBy = (
  { params, body }: LocalFunction,
  outer: Scope | undefined,
  args: readonly Expression[],
  argScope: Scope | undefined,
): Value | undefined => {
  const bindings = new Map<string, Value>();
  params.forEach((param, position) => {
    const argument = args[position];
    if (argument === undefined) return;
    const target = param.type === "AssignmentPattern" ? param.left : param;
    if (target.type === "Identifier") bindings.set(target.name, { node: argument, scope: argScope });
    if (target.type !== "ObjectPattern") return;
    for (const member of target.properties) {
      if (member.type !== "ObjectProperty" || member.value.type !== "Identifier") continue;
      const name = keyOf(member);
      const found = name === undefined ? undefined : descend({ node: argument, scope: argScope }, name, 0);
      if (found !== undefined) bindings.set(member.value.name, found.value);
    }
  });
  if (body.type !== "BlockStatement") return { node: body, scope: { bindings, outer } };
  const scope = scopeOf(body.body, outer, bindings);
  const last = body.body.findLast((statement) => statement.type === "ReturnStatement");
  return last?.argument == null ? undefined : { node: last.argument, scope };
};
