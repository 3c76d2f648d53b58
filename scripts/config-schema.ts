/**
 * Generates the JSON Schema of configs in YAML and JSON: shapes from the zod schemas, descriptions from the types'
 * comments. `npm run generate` writes it to packages/emit.
 */
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { parse } from "yaml";
import { z } from "zod";
import { configSchema } from "../packages/microvm-model/src/config/config.js";
import { nixExpression } from "../packages/microvm-model/src/scalars/terms.js";

/** The keywords of JSON Schema that this script uses. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | false;
}

/** The schema with descriptions. */
export const configJsonSchema = (): JsonSchema => {
  const shape = z.toJSONSchema(configSchema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // A Nix expression is not data, so only its alternatives remain.
      if (zodSchema === nixExpression) jsonSchema.not = {};
    },
  });
  const { checker, config } = readTypes();
  const { $schema, properties, ...rest } = documented(withoutNever(shape as JsonSchema), [config], checker);
  return {
    $schema,
    title: "A config of microvm-emit",
    ...rest,
    properties: { $schema: { description: "The schema of this file, for an editor.", type: "string" }, ...properties },
  };
};

const readTypes = (): { readonly checker: ts.TypeChecker; readonly config: ts.Type } => {
  const file = fileURLToPath(new URL("../packages/microvm-model/src/config/config.ts", import.meta.url));
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    skipLibCheck: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const declared = source?.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === "Config",
  );
  if (declared === undefined) throw new Error("config.ts declares no Config");
  return { checker, config: checker.getTypeAtLocation(declared) };
};

const isNever = ({ not }: JsonSchema): boolean => typeof not === "object";

/** Removes choices that accept no value. */
const withoutNever = (schema: JsonSchema): JsonSchema => {
  const { anyOf, ...rest } = mapParts(schema, withoutNever);
  if (anyOf === undefined) return rest;
  const choices = anyOf.filter((choice) => !isNever(choice));
  const [only] = choices;
  return choices.length === 1 && only !== undefined ? { ...rest, ...only } : { ...rest, anyOf: choices };
};

const mapParts = (schema: JsonSchema, change: (part: JsonSchema) => JsonSchema): JsonSchema => ({
  ...schema,
  ...(schema.anyOf && { anyOf: schema.anyOf.map(change) }),
  ...(schema.oneOf && { oneOf: schema.oneOf.map(change) }),
  ...(schema.items && { items: change(schema.items) }),
  ...(schema.additionalProperties && { additionalProperties: change(schema.additionalProperties) }),
  ...(schema.properties && {
    properties: Object.fromEntries(Object.entries(schema.properties).map(([name, part]) => [name, change(part)])),
  }),
});

/** Adds the comments of the matching types to a schema. */
const documented = (schema: JsonSchema, types: readonly ts.Type[], checker: ts.TypeChecker): JsonSchema => {
  const choices = types.flatMap((type) => (type.isUnion() ? type.types : [type]));
  const { properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(rest.anyOf && { anyOf: rest.anyOf.map((choice) => documented(choice, choices, checker)) }),
    ...(rest.oneOf && { oneOf: rest.oneOf.map((choice) => documented(choice, choices, checker)) }),
    ...(items && {
      items: documented(
        items,
        choices.flatMap((type) => elementOf(type, checker)),
        checker,
      ),
    }),
    ...(additionalProperties === false && { additionalProperties }),
    ...(additionalProperties && {
      additionalProperties: documented(
        additionalProperties,
        choices.flatMap((type) => checker.getIndexTypeOfType(type, ts.IndexKind.String) ?? []),
        checker,
      ),
    }),
    ...(properties && describedObject(properties, choices, checker)),
  };
};

const elementOf = (type: ts.Type, checker: ts.TypeChecker): readonly ts.Type[] =>
  checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference) : [];

/** Describes an object from the type with the same property names. */
const describedObject = (
  properties: Readonly<Record<string, JsonSchema>>,
  types: readonly ts.Type[],
  checker: ts.TypeChecker,
): JsonSchema => {
  const names = Object.keys(properties).sort();
  const type = types.find((choice) => {
    const own = choice.getProperties().map(({ name }) => name);
    return own.length === names.length && own.sort().every((name, position) => name === names[position]);
  });
  if (type === undefined) throw new Error(`No type has the settings ${names.join(", ")}`);
  return {
    ...description((type.aliasSymbol ?? type.getSymbol())?.getDocumentationComment(checker) ?? []),
    properties: Object.fromEntries(
      // In the schema's order, because the order of a mapped type depends on the whole program.
      Object.entries(properties).map(([name, part]) => {
        const setting = type.getProperty(name);
        if (setting === undefined) throw new Error(`No type has the setting ${name}`);
        const schema = documented(part, [checker.getTypeOfSymbol(setting)], checker);
        const docs = docsOf(setting, schema, checker);
        // `docs` twice: the first sets the order of keys, the second replaces the type's description.
        return [name, { ...docs, ...schema, ...docs }];
      }),
    ),
  };
};

const description = (comment: readonly ts.SymbolDisplayPart[], more = ""): { readonly description?: string } => {
  const text = `${ts.displayPartsToString([...comment])}${more}`.replaceAll(/\s+/g, " ");
  return text === "" ? {} : { description: text };
};

const docsOf = (setting: ts.Symbol, schema: JsonSchema, checker: ts.TypeChecker): JsonSchema => {
  const said = (name: string): readonly string[] =>
    setting
      .getJsDocTags(checker)
      .filter((tag) => tag.name === name)
      .map(({ text }) => ts.displayPartsToString(text));
  const [standard] = said("default");
  const value = standard === undefined ? undefined : dataIn(standard);
  const examples = said("example").flatMap((text) => dataIn(text) ?? []);
  return {
    ...description(
      setting.getDocumentationComment(checker),
      standard === undefined || value !== undefined ? "" : ` Default: ${standard}.`,
    ),
    ...(value !== undefined && !("default" in schema) && { default: value.data }),
    ...(examples.length > 0 && { examples: examples.map(({ data }) => data) }),
  };
};

/** Parses the value of a tag if it is data (JavaScript literals for data are also YAML); prose gives undefined. */
const dataIn = (text: string): { readonly data: unknown } | undefined => {
  if (!/^(["[{\d-]|(true|false|null)$)/.test(text)) return undefined;
  try {
    return { data: parse(text) as unknown };
  } catch {
    return undefined;
  }
};

export const schemaFile = fileURLToPath(new URL("../packages/emit/config.schema.json", import.meta.url));
