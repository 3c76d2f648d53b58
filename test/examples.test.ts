/** The examples of docstrings are correct TypeScript, and print the output that is shown. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const project = join(import.meta.dirname, "..");
const run = promisify(execFile);

interface Example {
  readonly name: string;
  readonly program: string;
  readonly output: string;
}

/** The examples in front of exports, with the name of the export. */
const examplesIn = (file: string): readonly Example[] => {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2023, true);
  return source.statements.flatMap((statement) => {
    const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : statement;
    const name = declared !== undefined && "name" in declared ? (declared.name as ts.Node).getText() : "";
    return ts
      .getJSDocTags(declared ?? statement)
      .filter(({ tagName }) => tagName.text === "example")
      .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "")
      .flatMap((text) => [...text.matchAll(/```ts\n([^]*?)```(?:\n\n```(?:nix|text)\n([^]*?)```)?/g)])
      .map(([, program = "", output = ""]) => ({ name, program, output }));
  });
};

const examples = ["nix-ast", "microvm-model", "emit"].flatMap((name) => {
  const src = join(project, "packages", name, "src");
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => examplesIn(join(src, file)));
});

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "examples-"));
  symlinkSync(join(project, "node_modules"), join(dir, "node_modules"));
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }\n');
  const config = examples.find(({ name }) => name === "defineConfig")?.program ?? "";
  writeFileSync(join(dir, "microvm.config.ts"), config);
  for (const [at, { program }] of examples.entries()) writeFileSync(join(dir, `${String(at)}.ts`), program);
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

describe("the examples of docstrings", () => {
  it("exist for the functions that users need first", () => {
    expect(examples.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...["parse", "print", "format", "nix", "setAttr", "Result"],
        ...["defineConfig", "extend", "planConfig", "plan", "emit", "compile", "comparePlans", "resolveConfig"],
        ...["loadConfig", "locate"],
      ]),
    );
  });

  it("have no type errors", () => {
    const program = ts.createProgram(
      examples.map((_, at) => join(dir, `${String(at)}.ts`)),
      {
        module: ts.ModuleKind.NodeNext,
        target: ts.ScriptTarget.ES2023,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
        types: ["node"],
        typeRoots: [join(project, "node_modules/@types")],
        skipLibCheck: true,
      },
    );
    const found = ts.getPreEmitDiagnostics(program);
    expect(
      found.map(({ file, messageText }) => [file?.fileName, ts.flattenDiagnosticMessageText(messageText, "\n")]),
    ).toEqual([]);
  });

  // One process for all: loading the packages takes seconds.
  it("print their output", async () => {
    const files = examples.map((_, at) => `${String(at)}.ts`);
    const runner = files.map((file) => `console.log(${JSON.stringify(`=== ${file}`)});\nawait import("./${file}");\n`);
    writeFileSync(join(dir, "all.ts"), runner.join(""));
    const { stdout } = await run("node", ["--import", "jiti/register", "all.ts"], { cwd: dir });
    const printed = stdout.split(/^=== .*\n/m).slice(1);
    expect(examples.map(({ name }, at) => [name, printed[at]?.trim()])).toEqual(
      examples.map(({ name, output }) => [name, output.trim()]),
    );
  });
});
