import type { Style } from "../report/style.js";
import { table } from "../report/table.js";
import { visibleInLine } from "../report/visible.js";
import { quoted } from "../vm/shell-words.js";
import type { Pair } from "./clone.js";
import type { Finding, Review } from "./review.js";

/** Longer lists are cut; `--json` has all. */
const maxRows = 50;

const statuses: Readonly<Record<string, string>> = { A: "added", D: "removed", M: "changed", T: "type" };

/** A review for people. All text of the guest is made visible. */
export const formatReview = (review: Review, { clone, vm }: Pair, style: Style): string => {
  const { branch, base, commit, commits, files, findings } = review;
  const counts = `${counted(commits.length, "commit")}, ${counted(files.length, "file")}`;
  const title = `${style.bold(visibleInLine(branch))} at ${commit.slice(0, 12)}: ${counts}`;
  const from = base === null ? "without a common commit with your branch" : `since ${base.slice(0, 12)}`;
  if (commits.length === 0) return `${title}\nYour branch has all of it.\n`;
  return [
    `${title}, ${from}\n\n`,
    table(
      ["commit", "date", "author", "subject"],
      commits
        .slice(0, maxRows)
        .map(({ id, date, author, subject }) =>
          [id.slice(0, 12), date.slice(0, 10), author, subject].map((text) => ({ text })),
        ),
      style,
    ),
    more(commits.length),
    "\n",
    table(
      ["change", "file"],
      files.slice(0, maxRows).map(({ status, path }) => [{ text: statuses[status] ?? status }, { text: path }]),
      style,
    ),
    more(files.length),
    "\n",
    findings.length === 0
      ? `${style.green("None of its files runs automatically or misleads.")} Its code still runs when you build or test it.\n`
      : `${style.yellow("These files or commits run automatically or mislead:")}\n${findingTable(findings, style)}${more(findings.length)}`,
    "\n",
    `Read it: ${style.bold(`git -C ${quoted(clone)} log -p --no-ext-diff --no-textconv ..${commit.slice(0, 12)}`)}\n`,
    `Next: ${style.bold(`microvm-emit merge ${vm.name}${findings.length === 0 ? "" : " --accept"}`)}\n`,
  ].join("");
};

const findingTable = (findings: readonly Finding[], style: Style): string =>
  table(
    ["file or commit", "runs", "when"],
    findings.slice(0, maxRows).map(({ path, runs, when }) => [{ text: path }, { text: runs }, { text: when }]),
    style,
  );

/** A line for each finding. */
export const findingLines = ({ findings }: Review): readonly string[] =>
  findings.map(({ path, runs, when }) => `${visibleInLine(path)}: ${runs} (${when})`);

const more = (count: number): string => (count > maxRows ? `… and ${String(count - maxRows)} more\n` : "");

const counted = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
