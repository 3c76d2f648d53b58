import { visible } from "../report/visible.js";
import { type Change, type Compared, countsOf, grouped, isEmpty, isLess, isMore, withAccess } from "./comparison.js";
import { effectsOf, rowsOf } from "./format-comparison.js";

/**
 * A comparison as a comment of a pull request, in GitHub's Markdown. Texts of the config are code spans, so that they
 * cannot change the format.
 */
export const markdownOf = (compared: Compared): string => {
  const { since, flake, hosts, otherFiles, isCurrent } = compared;
  const [more = [], less = []] = [isMore, isLess].map((is) => withAccess(compared, is));
  const sections = [
    `### MicroVMs: changes since ${code(since.ref)}`,
    ...(isEmpty(compared) ? ["No VM and no host changes."] : []),
    ...(more.length === 0 ? [] : [`> [!CAUTION]\n> **More access**: ${codes(more)}`]),
    ...(less.length === 0 ? [] : [`**Less access**: ${codes(less)}`]),
    ...(flake.length === 0 ? [] : [table([["flake", flake] as const])]),
    ...hosts.map((host) => {
      const title = `**${code(host.host)}**: ${host.change === "changed" ? "" : `${host.change} host, `}${countsOf(host)}`;
      const rows = [
        ...(host.settings.length === 0 ? [] : [["host", host.settings] as const]),
        ...grouped(host.vms).map(({ names, first }) => {
          const note =
            first.from === null
              ? first.change
              : `${first.change} from ${code(first.change === "moved" ? first.from.host : first.from.vm)}`;
          const name = first.change === "changed" ? codes(names) : `${codes(names)} (${note})`;
          return [name, rowsOf(first)] as const;
        }),
      ];
      return rows.length === 0 ? title : `${title}\n\n${table(rows)}`;
    }),
    list([
      ...effectsOf(compared).map(([label, names]) => `${label}: ${codes(names)}`),
      ...(otherFiles.length === 0 ? [] : [`Other files that changed, whose effect is unknown: ${codes(otherFiles)}`]),
      ...(isCurrent ? [] : ["The flake is not current: run `microvm-emit`."]),
    ]),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
};

const table = (subjects: readonly (readonly [name: string, changes: readonly Change[]])[]): string =>
  [
    "| VM | aspect | added | removed |",
    "| --- | --- | --- | --- |",
    ...subjects.flatMap(([name, changes]) =>
      changes.length === 0
        ? [`| ${name} | | | |`]
        : changes.map(({ aspect, isAccess, gained, lost }, position) => {
            const added = gained.length === 0 && lost.length === 0 ? "a detail changes" : codes(gained);
            const isWider = isAccess && gained.length > 0;
            const cells = [
              position === 0 ? name : "",
              isWider ? `**${aspect}**` : aspect,
              isWider ? `**${added}**` : added,
              codes(lost),
            ];
            return `| ${cells.join(" | ")} |`;
          }),
    ),
  ].join("\n");

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n");

const codes = (texts: readonly string[]): string => texts.map(code).join(", ");

/** A code span that also works in a table of GitHub: a backtick needs a longer fence, and a bar a backslash. */
const code = (text: string): string => {
  const line = visible(text).replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
};
