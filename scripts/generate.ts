/**
 * Writes all files that are generated from the model's tables: functions and exports of agents and toolchains, tables
 * of the docs, pictures of the examples, the JSON Schemas and the library's private ranges. `npm run generate` runs it; tests compare the files.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { generatedDocs } from "./catalogue-docs.js";
import { generatedFunctions } from "./catalogue-functions.js";
import { configJsonSchema, schemaFile } from "./config-schema.js";
import { exampleGraphs } from "./graphs.js";
import { providersFile, providersJson } from "./providers.js";
import { outputJsonSchema, outputSchemaFile } from "./output-schema.js";
import { privateRangesFile, privateRangesJson } from "./private-ranges.js";

/** Formatted texts, by path. */
export const generatedFiles = async (): Promise<ReadonlyMap<string, string>> => {
  const texts = new Map([
    ...generatedFunctions(),
    ...generatedDocs(),
    [schemaFile, JSON.stringify(configJsonSchema(), undefined, 2)],
    [outputSchemaFile, JSON.stringify(outputJsonSchema(), undefined, 2)],
    [providersFile, JSON.stringify(providersJson(), undefined, 2)],
    [privateRangesFile, JSON.stringify(privateRangesJson(), undefined, 2)],
  ]);
  const formatted = await Promise.all(
    [...texts].map(
      async ([path, text]) => [path, await format(text, { ...(await resolveConfig(path)), filepath: path })] as const,
    ),
  );
  // Prettier does not know the format.
  return new Map([...formatted, ...(await exampleGraphs())]);
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [path, text] of await generatedFiles()) writeFileSync(path, text);
