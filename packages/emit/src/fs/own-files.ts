import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of a file or folder of this package. */
export const ownFile = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Reads a file of this package. */
export const readOwnFile = (name: string): string => readFileSync(ownFile(name), "utf8");

/** Version of this package. */
export const version = (): string => (JSON.parse(readOwnFile("package.json")) as { version: string }).version;
