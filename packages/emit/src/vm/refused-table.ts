import type { Style } from "../report/style.js";
import { type Cell, table } from "../report/table.js";
import { visibleInLine } from "../report/visible.js";
import type { Refused, RefusedOften } from "./refused.js";

/** The refusals of each host as a table. */
export const formatRefused = (
  hosts: readonly { readonly host: string; readonly refused: readonly RefusedOften[] }[],
  since: string,
  style: Style,
): string =>
  hosts
    .map(({ host, refused }) => {
      const title = style.bold(host);
      if (refused.length === 0) return `${title}: nothing refused since ${visibleInLine(since)}\n`;
      const head = ["VM", "refused", "last", "lines", "setting of the VM that allows it"];
      return `${title}\n${table(head, refused.map(rowOf), style)}`;
    })
    .join("\n");

const rowOf = ({ last, lines, ...refused }: RefusedOften): readonly Cell[] => [
  { text: refused.vm },
  { text: targetOf(refused) },
  { text: last.slice(0, 16).replace("T", " ") },
  { text: String(lines) },
  { text: refused.setting ?? "none" },
];

/** One refusal as a line. */
export const formatRefusal = (refused: Refused, time: string): string =>
  `${visibleInLine(`${time.slice(11, 19)}  ${refused.vm}  ${targetOf(refused)}  ${refused.setting ?? ""}`).trimEnd()}\n`;

const targetOf = ({ target, protocol, port }: Refused): string =>
  port === null ? target : `${protocol} ${target.includes(":") ? `[${target}]` : target}:${String(port)}`;
