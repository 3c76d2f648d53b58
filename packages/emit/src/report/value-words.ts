import { type Expr, isNode, print } from "@microvm-emit/nix-ast";
import { onOneLine } from "./wrap.js";

/** The keys that name a part of a plan; the first one present wins. */
const labels = ["expr", "module", "attribute", "name", "tag", "image", "value", "path", "program", "kind"];

/** A value of a plan as text for one line; null for nothing. */
export const valueWords = (value: unknown): string | null => {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return clipped(value);
  if (typeof value !== "object") return JSON.stringify(typeof value === "bigint" ? String(value) : value);
  if (isNode(value)) return clipped(print(value as Expr));
  if (Array.isArray(value)) return clipped(value.map(valueWords).join(", "));
  const parts = value as Readonly<Record<string, unknown>>;
  const label = labels.find((key) => (parts[key] ?? null) !== null);
  if (label === "attribute" && Array.isArray(parts["attribute"])) return parts["attribute"].join(".");
  if (label !== undefined) return valueWords(parts[label]);
  return clipped(
    Object.entries(parts)
      .map(([key, part]) => `${key} ${valueWords(part) ?? "none"}`)
      .join(", "),
  );
};

/** Cuts a text to one line. */
const clipped = (text: string): string => {
  const line = onOneLine(text);
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
};
