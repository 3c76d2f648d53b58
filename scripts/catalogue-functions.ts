/** Generates the function of each agent, with its row's comment, and the exports of both packages. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { agents } from "../packages/microvm-model/src/catalogue/agents.js";
import { camelCase } from "../packages/microvm-model/src/common/camel-case.js";

const inProject = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const catalogue = "packages/microvm-model/src/catalogue";

interface RowComment {
  readonly text: string;
  /** The tag `@domains`: additional words after the domains in the docs. */
  readonly domains: string;
}

/** Comments of a table's rows, by name. */
export const rowComments = (table: "agents" | "toolchains"): ReadonlyMap<string, RowComment> => {
  const path = inProject(`${catalogue}/${table}.ts`);
  const comments = new Map<string, RowComment>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === table && node.initializer !== undefined) {
      for (const row of rowsIn(node.initializer)) {
        const [comment] = ts.getJSDocCommentsAndTags(row).filter(ts.isJSDoc);
        const tag = ts.getJSDocTags(row).find(({ tagName }) => tagName.text === "domains");
        const name = ts.isStringLiteral(row.name) ? row.name.text : row.name.getText();
        comments.set(name, {
          text: oneLine(ts.getTextOfJSDocComment(comment?.comment)),
          domains: oneLine(ts.getTextOfJSDocComment(tag?.comment)),
        });
      }
    } else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2023, true));
  return comments;
};

const rowsIn = (table: ts.Expression): readonly ts.PropertyAssignment[] => {
  if (ts.isSatisfiesExpression(table) || ts.isAsExpression(table)) return rowsIn(table.expression);
  return ts.isObjectLiteralExpression(table) ? table.properties.filter(ts.isPropertyAssignment) : [];
};

const oneLine = (text: string | undefined): string => (text ?? "").replaceAll(/\s+/g, " ").trim();

const commentOf = (comments: ReadonlyMap<string, RowComment>, name: string): string => {
  const text = comments.get(name)?.text ?? "";
  if (text === "") throw new Error(`${name} has no comment above its row`);
  return `/** ${text} */`;
};

const header = "// Written by `npm run generate` from the table of agents.";

/** The two generated files, by path. */
export const generatedFunctions = (): ReadonlyMap<string, string> => {
  const comments = rowComments("agents");
  const functions = Object.keys(agents).map(
    (name) =>
      [
        camelCase(name),
        `${commentOf(comments, name)}\nexport const ${camelCase(name)} = agentFunction(${JSON.stringify(name)});`,
      ] as const,
  );
  return new Map([
    [
      inProject(`${catalogue}/functions.ts`),
      [header, 'import { agentFunction } from "./agents.js";', "", functions.map(([, text]) => text).join("\n\n")].join(
        "\n",
      ),
    ],
    [
      inProject("packages/emit/src/functions.ts"),
      `${header}\nexport { ${functions
        .map(([name]) => name)
        .sort()
        .join(", ")} } from "@microvm-emit/model";`,
    ],
  ]);
};
