import { readFileSync } from "node:fs";

/** Reads a file of this package. */
export const readOwnFile = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

/** Version of this package. */
export const version = (): string => (JSON.parse(readOwnFile("package.json")) as { version: string }).version;
