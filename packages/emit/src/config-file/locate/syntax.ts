import type { ParseResult } from "@babel/parser";
import { requireBabelParser } from "../commonjs.js";

export type Statement = ParseResult["program"]["body"][number];
type Declarator = Extract<Statement, { type: "VariableDeclaration" }>["declarations"][number];
export type Expression = NonNullable<Declarator["init"]>;
export type Call = Extract<Expression, { type: "CallExpression" }>;
export type ObjectLiteral = Extract<Expression, { type: "ObjectExpression" }>;
export type ListLiteral = Extract<Expression, { type: "ArrayExpression" }>;
export type Property = Extract<ObjectLiteral["properties"][number], { type: "ObjectProperty" }>;
export type WrittenFunction = Extract<Expression, { type: "ArrowFunctionExpression" | "FunctionExpression" }>;
type Pattern = Declarator["id"] | WrittenFunction["params"][number] | Property["value"];

/** An expression with its scope. */
export interface Written {
  readonly node: Expression;
  readonly scope: Scope;
}

/** The meaning of a name. */
export type Binding =
  /** A variable that may be reassigned is not constant. */
  | { readonly kind: "value"; readonly value: Written; readonly isConstant: boolean }
  /** A part of a value, from a destructuring pattern. */
  | { readonly kind: "part"; readonly of: Binding; readonly step: string | number; readonly hasDefault: boolean }
  | { readonly kind: "import"; readonly from: string; readonly specifier: string; readonly name: string }
  | { readonly kind: "unknown" };

export interface Scope {
  readonly bindings: Map<string, Binding>;
  readonly outer: Scope | undefined;
  readonly module: Module;
}

/** The binding of a name in a scope. */
export const lookUp = (name: string, scope: Scope | undefined): Binding | undefined =>
  scope === undefined ? undefined : (scope.bindings.get(name) ?? lookUp(name, scope.outer));

/** True for an import of this program. */
export const isOurs = (specifier: string): boolean =>
  specifier === "microvm-emit" || specifier === "@microvm-emit/model";

/** A source file of the user. */
export interface Module {
  readonly file: string;
  readonly source: string;
  /** Exports by name; `module.exports` is the default. */
  readonly exports: ReadonlyMap<string, Binding>;
  /** Modules of `export * from`. */
  readonly passedOn: readonly string[];
  readonly statements: readonly Statement[];
}

/** Name of a namespace import. */
export const everything = "*";

/** Parses a module; undefined if it cannot be parsed. */
export const readModule = (file: string, source: string): Module | undefined => {
  const { parse, parseExpression } = requireBabelParser();
  const exports = new Map<string, Binding>();
  const passedOn: string[] = [];
  const statements: Statement[] = [];
  const module: Module = { file, source, exports, passedOn, statements };
  const scope: Scope = { bindings: new Map(), outer: undefined, module };
  try {
    if (/\.jsonc?$/.test(file)) {
      exports.set("default", constant({ node: parseExpression(source), scope }));
      return module;
    }
    const { program } = parse(source, {
      sourceType: "module",
      errorRecovery: true,
      plugins: /\.m?ts$/.test(file) ? ["typescript"] : [],
    });
    statements.push(...program.body);
    declare(program.body, scope);
    for (const statement of program.body) readExports(statement, scope, exports, passedOn);
  } catch {
    return undefined;
  }
  return module;
};

const constant = (value: Written): Binding => ({ kind: "value", value, isConstant: true });

const unknown: Binding = { kind: "unknown" };

/** The scope of a function's body: its parameters and declarations. */
export const functionScope = (
  { params, body }: WrittenFunction,
  outer: Scope,
  given: (position: number) => Binding | undefined,
): Scope => {
  const scope: Scope = { bindings: new Map(), outer, module: outer.module };
  params.forEach((param, position) => {
    bind(param, given(position) ?? unknown, scope);
  });
  if (body.type === "BlockStatement") declare(body.body, scope);
  return scope;
};

/** Adds declarations to the scope, nested blocks included; a name with several declarations is unknown. */
const declare = (statements: readonly Statement[], scope: Scope): void => {
  const declared = new Set<string>();
  const add = (name: string, binding: Binding): void => {
    scope.bindings.set(name, declared.has(name) ? unknown : binding);
    declared.add(name);
  };
  for (const statement of statements.flatMap(withNested)) {
    const declaration =
      statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration"
        ? statement.declaration
        : statement;
    if (declaration?.type === "VariableDeclaration") {
      for (const { id, init } of declaration.declarations) {
        const isConstant = declaration.kind === "const";
        const value: Binding = init == null ? unknown : { kind: "value", value: { node: init, scope }, isConstant };
        const names: Scope = { ...scope, bindings: new Map() };
        bind(id, value, names);
        for (const [name, binding] of names.bindings) add(name, binding);
      }
    }
    if (declaration?.type === "FunctionDeclaration" && declaration.id != null)
      add(declaration.id.name, constant({ node: { ...declaration, type: "FunctionExpression" }, scope }));
    if (statement.type === "ImportDeclaration")
      for (const specifier of statement.specifiers)
        add(specifier.local.name, {
          kind: "import",
          from: scope.module.file,
          specifier: statement.source.value,
          name:
            specifier.type === "ImportNamespaceSpecifier"
              ? everything
              : specifier.type === "ImportDefaultSpecifier"
                ? "default"
                : nameOf(specifier.imported),
        });
  }
};

/** A statement and the statements in its blocks, without those of nested functions. */
export const withNested = (statement: Statement): readonly Statement[] => {
  const inner = ((): readonly (Statement | null | undefined)[] => {
    switch (statement.type) {
      case "BlockStatement":
        return statement.body;
      case "IfStatement":
        return [statement.consequent, statement.alternate];
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
      case "LabeledStatement":
        return [statement.body];
      case "SwitchStatement":
        return statement.cases.flatMap(({ consequent }) => consequent);
      case "TryStatement":
        return [statement.block, statement.handler?.body, statement.finalizer];
      default:
        return [];
    }
  })();
  return [statement, ...inner.flatMap((one) => (one == null ? [] : withNested(one)))];
};

/** Binds the names of a pattern. */
const bind = (pattern: Pattern, value: Binding, { bindings }: Scope): void => {
  const visit = (target: Pattern, binding: Binding): void => {
    switch (target.type) {
      case "Identifier":
        bindings.set(target.name, binding);
        return;
      case "AssignmentPattern":
        visit(target.left, binding.kind === "part" ? { ...binding, hasDefault: true } : unknown);
        return;
      case "ObjectPattern":
        for (const member of target.properties) {
          if (member.type !== "ObjectProperty") visit(member.argument, unknown);
          else {
            const step = plainKey(member);
            visit(member.value, step === undefined ? unknown : { kind: "part", of: binding, step, hasDefault: false });
          }
        }
        return;
      case "ArrayPattern":
        target.elements.forEach((element, step) => {
          if (element === null) return;
          if (element.type === "RestElement") visit(element.argument, unknown);
          else visit(element, { kind: "part", of: binding, step, hasDefault: false });
        });
        return;
      case "RestElement":
        visit(target.argument, unknown);
        return;
      default:
    }
  };
  visit(pattern, value);
};

const nameOf = (
  node:
    { readonly type: "Identifier"; readonly name: string } | { readonly type: "StringLiteral"; readonly value: string },
): string => (node.type === "Identifier" ? node.name : node.value);

/** The key of a property, unless it is computed. */
export const plainKey = ({ key, computed }: Pick<Property, "key" | "computed">): string | undefined => {
  switch (key.type) {
    case "Identifier":
      return computed ? undefined : key.name;
    case "StringLiteral":
      return key.value;
    case "NumericLiteral":
      return String(key.value);
    default:
      return undefined;
  }
};

const readExports = (statement: Statement, scope: Scope, exports: Map<string, Binding>, passedOn: string[]): void => {
  switch (statement.type) {
    case "ExportAllDeclaration":
      passedOn.push(statement.source.value);
      return;
    case "ExportDefaultDeclaration": {
      const { declaration } = statement;
      if (declaration.type === "FunctionDeclaration")
        exports.set("default", constant({ node: { ...declaration, type: "FunctionExpression" }, scope }));
      else if (declaration.type !== "ClassDeclaration" && declaration.type !== "TSDeclareFunction")
        exports.set("default", constant({ node: declaration, scope }));
      return;
    }
    case "ExportNamedDeclaration": {
      const { declaration, specifiers, source } = statement;
      const names =
        declaration?.type === "VariableDeclaration"
          ? declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []))
          : declaration?.type === "FunctionDeclaration" && declaration.id != null
            ? [declaration.id.name]
            : [];
      for (const name of names) exports.set(name, scope.bindings.get(name) ?? unknown);
      for (const specifier of specifiers) {
        if (specifier.type === "ExportNamespaceSpecifier" && source != null)
          exports.set(specifier.exported.name, {
            kind: "import",
            from: scope.module.file,
            specifier: source.value,
            name: everything,
          });
        if (specifier.type !== "ExportSpecifier") continue;
        const { exported, local } = specifier;
        exports.set(
          nameOf(exported),
          source == null
            ? constant({ node: local, scope })
            : { kind: "import", from: scope.module.file, specifier: source.value, name: local.name },
        );
      }
      return;
    }
    case "ExpressionStatement": {
      const { expression } = statement;
      if (expression.type !== "AssignmentExpression") return;
      const { left, right } = expression;
      const isModuleExports =
        left.type === "MemberExpression" &&
        left.object.type === "Identifier" &&
        left.object.name === "module" &&
        left.property.type === "Identifier" &&
        left.property.name === "exports";
      if (isModuleExports) exports.set("default", constant({ node: right, scope }));
      return;
    }
    default:
  }
};
