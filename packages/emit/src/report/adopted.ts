import { collect } from "@microvm-emit/model/internal";
import { type Note, noteLines } from "./adoption-notes.js";
import type { Style } from "./style.js";
import { formatDiff, type EditedFile } from "./edited.js";
import { table } from "./table.js";

/** The result of `adopt`, as `--json` prints it. */
export interface Adopted {
  /** The config file. */
  readonly config: string;
  readonly vms: readonly string[];
  /** Parts of the old host that the config does not have. */
  readonly notes: readonly Note[];
  /** The edits of the flake; made with `--edit`. */
  readonly edited: readonly EditedFile[];
  readonly isEdited: boolean;
  /** Edits for the user to make, because the flake has no literal for them. */
  readonly byHand: readonly {
    readonly path: string;
    readonly line: number | null;
    readonly kind: "remove" | "add";
    readonly attribute: string;
    readonly reason: string;
  }[];
  /** The commands that the edits make necessary. */
  readonly next: readonly string[];
  readonly comparison: {
    /** `flake`: the whole edited flake. `vms`: only the emitted VMs. `nothing`: neither can be evaluated. */
    readonly of: "flake" | "vms" | "nothing";
    /** The number of compared values. */
    readonly compared: number;
    readonly differences: readonly {
      readonly vm: string;
      readonly option: string;
      readonly before: unknown;
      readonly after: unknown;
    }[];
  };
}

export const formatAdopted = (adopted: Adopted, style: Style): string => {
  const { config, vms, notes, edited, isEdited, byHand } = adopted;
  return [
    `${style.green("written")}  ${style.path(config)}: ${vms.length === 0 ? "no VM" : vms.join(", ")}\n`,
    section("Not in the config", noteLines(notes), style),
    formatComparison(adopted.comparison, style),
    isEdited
      ? edited.map(({ file }) => `${style.green("edited")}   ${style.path(file)}\n`).join("")
      : edited.length === 0
        ? ""
        : `\n${style.bold("Edits that --edit makes")}\n${formatDiff(edited, style)}`,
    section("To edit by hand", byHandLines(byHand), style),
  ].join("");
};

/** One line for each place and reason. */
const byHandLines = (byHand: Adopted["byHand"]): readonly string[] => {
  const groups = collect(
    byHand.map(({ path, line, kind, attribute, reason }) => [
      kind === "remove"
        ? `${path}${line === null ? "" : `:${String(line)}`}: remove these attributes (${reason}):`
        : `${path}: ${reason}. Add:`,
      attribute,
    ]),
  );
  return [...groups].map(([title, attributes]) =>
    [title, ...attributes.flatMap((attribute) => attribute.split("\n"))].join("\n      "),
  );
};

const section = (title: string, lines: readonly string[], style: Style): string =>
  lines.length === 0 ? "" : `\n${style.bold(title)}\n${lines.map((line) => `  - ${line}\n`).join("")}`;

const words: Readonly<Record<Adopted["comparison"]["of"], string>> = {
  flake: "The edited flake",
  vms: "The VMs without the rest of the host",
  nothing: "",
};

const formatComparison = ({ of, compared, differences }: Adopted["comparison"], style: Style): string => {
  if (of === "nothing") return `\n${style.yellow("not compared")}: the new VMs do not evaluate\n`;
  const summary = `${words[of]}: ${String(compared - differences.length)} of ${String(compared)} values of the VMs are equal.`;
  const rows = differences.map(({ vm, option, before, after }) =>
    [vm, option, short(before), short(after)].map((text) => ({ text })),
  );
  return `\n${summary}\n${rows.length === 0 ? "" : table(["VM", "option", "before", "after"], rows, style)}`;
};

const short = (value: unknown): string => {
  const text = value === null ? "–" : JSON.stringify(value);
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
};
