import { extname } from "node:path";
import { stringify } from "yaml";
import { type Note, noteLines } from "../report/adoption-notes.js";
import type { Settings } from "./adopted.js";

/** The source of a config with this file name; its notes become comments if the format has comments. */
export const configSource = (file: string, config: Settings, notes: readonly Note[]): string => {
  const remarks = noteLines(notes).map(oneLine);
  switch (extname(file)) {
    case ".json":
      return `${JSON.stringify(config, undefined, 2)}\n`;
    case ".yaml":
    case ".yml":
      return [...remarks.map((remark) => `# ${remark}\n`), stringify(config, { lineWidth: 0 })].join("");
    default:
      return [
        'import { defineConfig } from "microvm-emit";\n\n',
        ...remarks.map((remark) => `// ${remark}\n`),
        `export default defineConfig(${literal(config, "")});\n`,
      ].join("");
  }
};

/** A comment ends at any line terminator of JavaScript or YAML. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");

const width = 100;

/** A literal of JavaScript, on one line if it is short. JSON text is JavaScript. */
const literal = (value: unknown, indent: string): string => {
  const isList = Array.isArray(value);
  if (!isList && (typeof value !== "object" || value === null)) return JSON.stringify(value);
  const inner = `${indent}  `;
  const parts = isList
    ? value.map((item: unknown) => literal(item, inner))
    : Object.entries(value as Settings).map(([key, item]) => `${keyOf(key)}: ${literal(item, inner)}`);
  if (parts.length === 0) return isList ? "[]" : "{}";
  const short = parts.join(", ");
  if (!short.includes("\n") && indent.length + short.length < width && indent !== "")
    return isList ? `[${short}]` : `{ ${short} }`;
  const lines = parts.map((part) => `${inner}${part},\n`).join("");
  return isList ? `[\n${lines}${indent}]` : `{\n${lines}${indent}}`;
};

/** A quoted key `__proto__` would set the prototype. */
const keyOf = (key: string): string =>
  key === "__proto__" ? `["__proto__"]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
