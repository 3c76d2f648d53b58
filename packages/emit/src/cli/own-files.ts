import { readFileSync } from "node:fs";

/** The text of a file of this package. */
export const readOwnFile = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

/** The version of this package. */
export const version = (): string => (JSON.parse(readOwnFile("package.json")) as { version: string }).version;
