import { readdirSync, readFileSync } from "node:fs";
import { type ProblemPage, readPage } from "./problem-page.js";

const folder = new URL("../problems/", import.meta.url);

/** Every page, by code. */
export const readPages = (): readonly ProblemPage[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => readPage(readFileSync(new URL(name, folder), "utf8")));
