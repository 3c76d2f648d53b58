/** Writes the pages of packages/emit/problems from the comments of problems and failures: `npm run problems`. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { declaredFailures, declaredProblems } from "./problems.js";

const folder = new URL("../packages/emit/problems/", import.meta.url);

/** Text of each generated page, by file name. */
export const problemPages = async (): Promise<ReadonlyMap<string, string>> => {
  const filepath = fileURLToPath(new URL("page.md", folder));
  const options = { ...(await resolveConfig(filepath)), filepath };
  const pages = [...declaredProblems(), ...declaredFailures()].map(async ({ code, severity, title, body }) => {
    const text = `---\ncode: ${code}\nseverity: ${severity}\ntitle: ${title}\n---\n\n${body}\n`;
    return [`${code}.md`, await format(text, options)] as const;
  });
  return new Map(await Promise.all(pages));
};

/** The pages on disk. */
export const writtenPages = (): ReadonlyMap<string, string> =>
  new Map(readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder), "utf8")]));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = await problemPages();
  for (const file of writtenPages().keys()) if (!pages.has(file)) rmSync(new URL(file, folder));
  for (const [file, text] of pages) writeFileSync(new URL(file, folder), text);
}
