/**
 * Generates the JSON Schemas of the output of commands with `--json`, from the types of packages/emit/src/cli/results.ts.
 * `npm run generate` writes them to packages/emit.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGenerator } from "ts-json-schema-generator";

const repository = fileURLToPath(new URL("..", import.meta.url));

/** Each property of the definition `Printed` is the schema of one command's output. */
export const outputJsonSchema = (): unknown => {
  const path = join(repository, "packages/emit/src/cli/results.ts");
  const folder = mkdtempSync(join(repository, "node_modules/.output-schema-"));
  try {
    // The generator resolves no imports from other packages of a composite project.
    const tsconfig = join(folder, "tsconfig.json");
    const compilerOptions = { composite: false, noEmit: true };
    writeFileSync(
      tsconfig,
      JSON.stringify({ extends: join(repository, "tsconfig.base.json"), compilerOptions, files: [path] }),
    );
    return createGenerator({ path, type: "Printed", tsconfig, skipTypeCheck: true }).createSchema("Printed");
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export const outputSchemaFile = join(repository, "packages/emit/output.schema.json");
