/**
 * Lists sentences that break the prose rules, with file and line: `npx jiti scripts/prose.ts [FILES]`; by default all
 * docs and comments.
 */
import { groups, measure, passagesOf, perThousand } from "../test/prose.js";

const given = process.argv.slice(2);
const measured = given.length > 0 ? { "these files": given } : groups;
for (const [group, files] of Object.entries(measured)) {
  const { words, comments, what, phrases, openings } = measure(files.flatMap(passagesOf));
  for (const { file, line, found, sentence } of [...what, ...phrases, ...openings].sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line,
  ))
    console.log(`${file}:${line}: ${found}: ${sentence}`);
  const rates = [what, phrases].map(({ length }) => perThousand(length, words).toFixed(1));
  console.error(
    `${group}: ${words} words; per 1,000: ${rates[0]} "what", ${rates[1]} stop phrases; ${openings.length} of ${comments} comments open badly`,
  );
}
