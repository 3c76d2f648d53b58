/**
 * Reads the declarations of problems in packages/microvm-model/src and writes two generated files: every code with its severity,
 * and the list of rules. Reads the rows of failures in packages/emit/src/report/failures for their pages. Plain JavaScript without dependencies: package.nix runs it, too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeChanged } from "./write-changed.js";

const source = join(dirname(fileURLToPath(import.meta.url)), "../packages/microvm-model/src");

const declaration =
  /(?:^\/\*\*\n(?<comment>(?: \*(?: [^\n]*)?\n)*?) \*\/\n)?^(?:export )?const \w+ = problem\(\s*"(?<code>[\w-]+)",\s*"(?<severity>[\w ]+)"/gm;

/**
 * Every declared problem by code, in alphabetical order.
 * @returns {{ code: string, severity: string, title: string, body: string, file: string }[]}
 */
export const declaredProblems = () =>
  readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      [...readFileSync(join(source, file), "utf8").matchAll(declaration)].map(({ groups }) => {
        const [title, ...body] = (groups.comment ?? "").replaceAll(/^ \* ?/gm, "").split("\n");
        return { code: groups.code, severity: groups.severity, title, body: body.join("\n").trim(), file };
      }),
    )
    .sort((a, b) => (a.code < b.code ? -1 : 1));

const failuresFolder = join(source, "../../emit/src/report/failures");

const failureRow = /^ {2}\/\*\*\n(?<comment>(?: {3}\*(?: [^\n]*)?\n)*?) {3}\*\/\n {2}"?(?<code>[\w-]+)"?: \{/gm;

/**
 * Every failure of a command by code, in alphabetical order.
 * @returns {{ code: string, severity: string, title: string, body: string, file: string }[]}
 */
export const declaredFailures = () =>
  readdirSync(failuresFolder)
    .flatMap((file) =>
      [...readFileSync(join(failuresFolder, file), "utf8").matchAll(failureRow)].map(({ groups }) => {
        const [title, ...body] = groups.comment.replaceAll(/^ {3}\* ?/gm, "").split("\n");
        return { code: groups.code, severity: "error", title, body: body.join("\n").trim(), file };
      }),
    )
    .sort((a, b) => (a.code < b.code ? -1 : 1));

const codes = () => `/** Every code with its severity. Written by scripts/problems.js. */
export const problemCodes = {
${declaredProblems()
  .map(({ code, severity }) => `  "${code}": "${severity}",`)
  .join("\n")}
} as const;

/** Stable name of a problem. */
export type ProblemCode = keyof typeof problemCodes;
`;

const rules = () => {
  const files = readdirSync(join(source, "rules"))
    .map((file) => ({ file, text: readFileSync(join(source, "rules", file), "utf8") }))
    .flatMap(({ file, text }) => {
      const [, kind] = /^export const check: (Rule|FlakeRule)\b/m.exec(text) ?? [];
      const name = file.replace(/\.ts$/, "");
      return kind === undefined
        ? []
        : [{ kind, name, variable: name.replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase()) }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const list = (kind) =>
    files
      .filter((rule) => rule.kind === kind)
      .map(({ variable }) => variable)
      .join(", ");
  return `/** The rules of this folder, by file. Written by scripts/problems.js. */
import type { FlakeRule, Rule } from "./rule.js";
${files.map(({ name, variable }) => `import { check as ${variable} } from "./${name}.js";`).join("\n")}

export const rules: readonly Rule[] = [${list("Rule")}];

export const flakeRules: readonly FlakeRule[] = [${list("FlakeRule")}];
`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeChanged(join(source, "problems/problem-codes.generated.ts"), codes());
  writeChanged(join(source, "rules/rules.generated.ts"), rules());
}
