/** Measures the English of docs and comments, for the test and for `npx jiti scripts/prose.ts`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const root = join(import.meta.dirname, "..");

/** A paragraph of docs or one comment. */
interface Passage {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly source: string;
  /** The source with code blanked, of the same length and lines. */
  readonly text: string;
  readonly kind: "docs" | "comment" | "option";
}

interface Finding {
  readonly file: string;
  readonly line: number;
  /** Word, phrase or opening that was found. */
  readonly found: string;
  readonly sentence: string;
}

const possessive = "(?:its|his|her|their|your|our|my|one's)";

/** Phrases that stop a reader, by the plain form that replaces them. */
const stopPhrases: Readonly<Record<string, RegExp>> = {
  "not … or": /\bneither\b[^.;|]*?\bnor\b/gi,
  "its own, another": new RegExp(String.raw`\bof ${possessive} own\b`, "gi"),
  "instead of": /\bin(?:to)? (?:the )?place of\b/gi,
  "gets, receives": /\b(?:is|are|was|were|be|been) told\b/gi,
  "accepts, allows": /\b(?:is|are|be) let\b|\blet(?:s|ting)?(?: (?:it|them|him|you))? in(?:to)?\b/gi,
  "observe, follow": /\bheed(?:s|ed|ing)?\b/gi,
  "fix, correct": /\bmend(?:s|ed|ing)?\b/gi,
  silently: /\bwithout a word\b/gi,
  unchanged: /\bas (?:it is|they are)\b(?! (?:\w+ed|in|by|at|on|for)\b)/gi,
  "the noun before the owner": /\bof (?:an? |the )?\w+'s(?=[.,;:)]| (?:and|or|on|that|which|in|to)\b)/gi,
  "lacks, needs no": /\b(?:do|does|go|goes) without\b/gi,
  "unknown, missing": /\b(?:none|nothing|all|one) that (?:there )?(?:is|are)\b|\bthat there (?:is|are)\b(?! no)/gi,
  existing: /\bthat (?:is|are) there\b/gi,
  "any, each": /\b(?:whatever|whichever|whoever|whosoever)\b/gi,
  "must, will": /\b(?:is|are) to (?:be|have)\b/gi,
  if: /\bshould (?:you|it|they|one)\b(?! (?:not )?(?:be|\w+ed)\b)/gi,
  except: /\b(?:but for|save for|all else|all but)\b/gi,
  "says (use the verb of the field)": /\b(?:is said|says? of|told of|speaks? of)\b/gi,
  "becomes, results in": /\bcomes? of\b/gi,
  "a plain word": /\b(?:lest|hence|therein|thereof|whereof|wherefore|amiss|anew|ought)\b/gi,
  "no one": /\bnobody\b|\bwho is not\b/gi,
};

const opening = /^\W*(What|Whether|Of|By(?! default\b)|Who|Where)\b/;

/** Replaces matches with spaces; keeps line breaks. */
const blank = (text: string, pattern: RegExp): string =>
  text.replaceAll(pattern, (match) => match.replaceAll(/[^\n]/g, " "));

const withoutCode = (text: string): string => blank(blank(text, /`[^`]*`/g), /https?:\S+/g);

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** Paragraphs, list items, headings and rows of tables. */
const markdownPassages = (file: string, text: string): readonly Passage[] => {
  const fenced = blank(blank(text, /^( *)(```+|~~~+)[^]*?^\1\2 *$/gm), /<!--[^]*?-->|\]\([^)]*\)/g);
  const prose = withoutCode(blank(fenced, /^---\n[^]*?\n---$/gm));
  return [...prose.matchAll(/^[^\n]*\S[^\n]*(?:\n(?! *(?:[-*#|>]|\d+\.) ?)[^\n]*\S[^\n]*)*/gm)].map(
    ({ index, 0: passage }) => ({
      file,
      line: lineAt(prose, index),
      source: text.slice(index, index + passage.length),
      text: passage,
      kind: "docs",
    }),
  );
};

const directive = /^\W*(?:eslint-|@ts-|v8 ignore|prettier-ignore|<reference|#region)/;

/** Comments by position, adjacent line comments as one. */
const commentPassages = (file: string, source: string, ranges: readonly (readonly [number, number])[]): Passage[] => {
  const merged: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = merged.at(-1);
    const between = last === undefined ? "" : source.slice(last[1], from);
    const isLine = !source.startsWith("/*", from) && !source.startsWith('"""', from);
    const isOnOwnLine = /^\s*$/.test(source.slice(source.lastIndexOf("\n", (last?.[0] ?? 0) - 1) + 1, last?.[0] ?? 0));
    if (last !== undefined && isLine && isOnOwnLine && /^\n[ \t]*$/.test(between)) last[1] = to;
    else merged.push([from, to]);
  }
  return merged
    .map(([from, to]) => ({
      file,
      line: lineAt(source, from),
      source: source.slice(from, to),
      text: withoutCode(blank(source.slice(from, to), /^[ \t]*(?:\/\*\*?|\/\/|\*(?!\/)|#+)|\*\/$|"""|\{@\w+|^#!.*/gm)),
      kind: "comment" as const,
    }))
    .filter(({ text }) => /[a-z]/i.test(text) && !directive.test(text));
};

const typescriptPassages = (file: string, source: string): readonly Passage[] => {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found = new Map<number, number>();
  const visit = (node: ts.Node): void => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) return;
    const children = node.getChildren(tree);
    if (children.length === 0)
      for (const { pos, end } of [
        ...(ts.getLeadingCommentRanges(source, node.pos) ?? []),
        ...(ts.getTrailingCommentRanges(source, node.end) ?? []),
      ])
        found.set(pos, end);
    for (const child of children) visit(child);
  };
  visit(tree);
  return commentPassages(
    file,
    source,
    [...found].sort(([a], [b]) => a - b),
  );
};

const rangesOf = (source: string, pattern: RegExp): (readonly [number, number])[] =>
  [...source.matchAll(pattern)].map(({ index, 0: match }) => [index, index + match.length] as const);

/** Comments of Nix, Python and shell; those of programs inside Nix strings too. */
const scriptPassages = (file: string, source: string): readonly Passage[] => [
  ...commentPassages(file, source, rangesOf(source, /(?<=^[ \t]*|\s)#(?!!|[\w{.])[^\n]*|\/\*[^]*?\*\/|"""[^]*?"""/gm)),
  ...[...source.matchAll(/\bdescription = (?:"((?:[^"\\]|\\.)*)"|''([^]*?)'')/g)].map(
    ({ index, 1: short, 2: long }): Passage => ({
      file,
      line: lineAt(source, index),
      source: short ?? long ?? "",
      text: withoutCode(short ?? long ?? ""),
      kind: "option",
    }),
  ),
];

/** The prose of a file; none of files that are generated or of another kind. */
export const passagesOf = (file: string): readonly Passage[] => {
  const read = (): string => readFileSync(join(root, file), "utf8");
  if (/\.generated\.ts$/.test(file)) return [];
  if (file.endsWith(".ts")) return typescriptPassages(file, read());
  if (file.endsWith(".md")) return markdownPassages(file, read());
  return /\.(?:nix|py|sh)$/.test(file) ? scriptPassages(file, read()) : [];
};

const below = (folder: string, pattern: RegExp): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name))
    .sort();

const packages = readdirSync(join(root, "packages"));

/** Files measured together: a rate per 1,000 words says little about one short page. */
export const groups: Readonly<Record<string, readonly string[]>> = {
  "README, CONTRIBUTING, docs/*.md": ["README.md", "CONTRIBUTING.md", ...below("docs", /^[^/]*\.md$/)],
  "docs/decisions": below("docs/decisions", /\.md$/),
  "READMEs of packages": [...packages.map((name) => `packages/${name}/README.md`), "packages/emit/nix/README.md"],
  "packages/emit/problems": below("packages/emit/problems", /\.md$/),
  ...Object.fromEntries(packages.map((name) => [`packages/${name}/src`, below(`packages/${name}/src`, /\.ts$/)])),
  "packages/emit/nix": below("packages/emit/nix", /\.(?:nix|py|sh)$/),
  "packages/emit/test": below("packages/emit/test", /\.ts$/),
  test: below("test", /\.(?:ts|nix|py|sh)$/),
  "scripts, bench": [...below("scripts", /\.ts$/), ...below("bench", /\.ts$/)],
};

const sentenceAround = ({ source, text }: Passage, offset: number): string => {
  const ends = [...text.matchAll(/[.!?](?=\s)|\|/g)].map(({ index }) => index + 1);
  const from = ends.filter((end) => end <= offset).at(-1) ?? 0;
  const to = ends.find((end) => end > offset) ?? text.length;
  return source
    .slice(from, to)
    .replaceAll(/\s+\*? */g, " ")
    .trim();
};

const matchesOf = (passage: Passage, pattern: RegExp, replacement: string): readonly Finding[] =>
  [...passage.text.matchAll(pattern)].map(({ index, 0: match }) => ({
    file: passage.file,
    line: passage.line + lineAt(passage.text, index) - 1,
    found: `"${match.replaceAll(/\s+/g, " ")}" (plain: ${replacement})`,
    sentence: sentenceAround(passage, index),
  }));

interface Measured {
  readonly words: number;
  readonly comments: number;
  readonly what: readonly Finding[];
  readonly phrases: readonly Finding[];
  /** Comments that open with a headless clause; "Whether" opens an option's description by NixOS convention. */
  readonly openings: readonly Finding[];
}

export const perThousand = (count: number, words: number): number => (count * 1000) / Math.max(words, 1);

export const measure = (passages: readonly Passage[]): Measured => ({
  words: passages.reduce((sum, { text }) => sum + (text.match(/[\p{L}\d][\p{L}\d'’-]*/gu) ?? []).length, 0),
  comments: passages.filter(({ kind }) => kind !== "docs").length,
  what: passages.flatMap((passage) => matchesOf(passage, /\bwhat\b/gi, "name the thing")),
  phrases: passages.flatMap((passage) =>
    Object.entries(stopPhrases).flatMap(([replacement, pattern]) => matchesOf(passage, pattern, replacement)),
  ),
  openings: passages
    .filter(
      ({ kind, text }) => kind !== "docs" && opening.test(text) && !(kind === "option" && /^\W*Whether/.test(text)),
    )
    .map((passage) => ({
      file: passage.file,
      line: passage.line,
      found: `opens with "${opening.exec(passage.text)?.[1] ?? ""}"`,
      sentence: sentenceAround(passage, 0),
    })),
});
