/** Reads logs for error messages. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** The last lines of a file. */
export const tail = (file: string, lines: number): string =>
  stripVTControlCharacters(readFileSync(file, "utf8"))
    .replaceAll("\r", "")
    .trimEnd()
    .split("\n")
    .slice(-lines)
    .join("\n");

/** The last lines of each log in a folder. */
export const tails = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".log"))
    .map((name) => ({ name, text: tail(join(folder, name), 20) }))
    .filter(({ text }) => text !== "")
    .map(({ name, text }) => `--- ${name}\n${text}`)
    .join("\n");
