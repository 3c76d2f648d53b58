import { isRecord } from "@microvm-emit/model/internal";

/** Prints a plan or an AST as JSON; bigints become strings. */
export const toJson = (value: unknown): string => [...jsonPieces(value)].join("");

/** Yields the JSON in pieces, because a whole report may exceed the maximum string length. */
export function* jsonPieces(value: unknown, indent = ""): Generator<string> {
  const entries: readonly (readonly [label: string, part: unknown])[] | undefined = Array.isArray(value)
    ? value.map((part: unknown) => ["", part])
    : isRecord(value)
      ? Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [[`${JSON.stringify(key)}: `, part]]))
      : undefined;
  if (entries === undefined || entries.length === 0 || indent.length > maxDepth * 2) {
    yield JSON.stringify(value ?? null, bigintAsText, 2).replaceAll("\n", `\n${indent}`);
    return;
  }
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  for (const [position, [label, part]] of entries.entries()) {
    yield `${position === 0 ? (open ?? "") : ","}\n${indent}  ${label}`;
    yield* jsonPieces(part, `${indent}  `);
  }
  yield `\n${indent}${close ?? ""}`;
}

/** Depth of the lists that grow with a config: SARIF has `runs[0].results[n]`. */
const maxDepth = 4;

const bigintAsText = (_key: string, part: unknown): unknown => (typeof part === "bigint" ? part.toString() : part);
