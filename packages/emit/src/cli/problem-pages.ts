import { readdirSync, readFileSync } from "node:fs";
import { type ProblemPage, readPage } from "../report/problem-page.js";

const folder = new URL("../../problems/", import.meta.url);

/** Codes with a page. */
export const pageCodes = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => name.slice(0, -".md".length))
    .sort();

/** Reads the page of a code. */
export const pageOf = (code: string): ProblemPage => readPage(readFileSync(new URL(`${code}.md`, folder), "utf8"));
