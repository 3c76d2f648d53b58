import type { Style } from "./style.js";
import { visibleInLine } from "./visible.js";

/** A cell of a table: text on one line, and its style. */
export interface Cell {
  readonly text: string;
  readonly style?: (text: string) => string;
}

/** A table with columns as wide as their widest cells. Text from guests is made visible. */
export const table = (head: readonly string[], rows: readonly (readonly Cell[])[], style: Style): string => {
  const all = [head.map((text): Cell => ({ text, style: style.dim })), ...rows].map((row) =>
    row.map((cell) => ({ ...cell, text: visibleInLine(cell.text) })),
  );
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.text.length ?? 0)));
  return all
    .map((row) =>
      row
        .map(({ text, style: paint }, column) => {
          const gap = column === row.length - 1 ? "" : " ".repeat((widths[column] ?? 0) - text.length + 2);
          return (paint?.(text) ?? text) + gap;
        })
        .join("")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
};
