/** Relative links of Markdown files lead to files, and their anchors to headings. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { marked, type Token } from "marked";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter((file) => existsSync(join(root, file)));

const tokensOf = (markdown: string): readonly Token[] => {
  const tokens: Token[] = [];
  const withoutFrontMatter = markdown.replace(/^---\n[^]*?\n---\n/, "");
  void marked.walkTokens(marked.lexer(withoutFrontMatter), (token) => void tokens.push(token));
  return tokens;
};

const inner = (token: Token): readonly Token[] => ("tokens" in token ? (token.tokens ?? []) : []);

/** The text that a reader sees: without the marks of code, links and emphasis. */
const plainText = (token: Token): string => {
  const parts = inner(token);
  if (parts.length > 0) return parts.map(plainText).join("");
  return "text" in token && token.type !== "html" ? String(token.text) : "";
};

/** The anchors that GitHub gives to headings: lower case, without punctuation, numbered when one repeats. */
const anchorsOf = (markdown: string): ReadonlySet<string> => {
  const anchors = new Set<string>();
  for (const token of tokensOf(markdown)) {
    if (token.type !== "heading") continue;
    const slug = plainText(token)
      .toLowerCase()
      .trim()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let repeat = 1; anchors.has(anchor); repeat++) anchor = `${slug}-${String(repeat)}`;
    anchors.add(anchor);
  }
  return anchors;
};

const relativeLinksOf = (markdown: string): readonly string[] =>
  tokensOf(markdown)
    .filter(({ type }) => type === "link" || type === "image")
    .map((token) => ("href" in token ? String(token.href) : ""))
    .filter((href) => !/^[a-z][a-z+.-]*:/i.test(href));

/** Reason that a link leads nowhere, or undefined. */
const faultOf = (file: string, href: string): string | undefined => {
  const [path = "", anchor] = decodeURI(href).split("#", 2);
  const target = path === "" ? join(root, file) : join(root, dirname(file), path);
  if (relative(root, target).startsWith("..")) return `${href}: outside of the repository`;
  if (!existsSync(target)) return `${href}: no such file`;
  if (anchor === undefined) return undefined;
  if (!target.endsWith(".md")) return `${href}: an anchor of a file that is not Markdown`;
  return anchorsOf(readFileSync(target, "utf8")).has(anchor) ? undefined : `${href}: no such heading`;
};

describe("anchors of headings", () => {
  it.each([
    ["# A host", ["a-host"]],
    ["## `vmDefaults`, *again*: [here](x.md)", ["vmdefaults-again-here"]],
    ["# One\n\n# One\n\n# One-1", ["one", "one-1", "one-1-1"]],
    ["A title\n=======\n\n```\n# code\n```", ["a-title"]],
    ["---\ntitle: x\n---\n\n# Größe & Maß", ["größe--maß"]],
  ])("follow GitHub's rule: %s", (markdown, anchors) => {
    expect([...anchorsOf(markdown)]).toEqual(anchors);
  });
});

describe("faultOf", () => {
  it.each([
    ["README.md", "docs/no-such-page.md", "no such file"],
    ["README.md", "docs/usage.md#no-such-heading", "no such heading"],
    ["docs/usage.md", "#no-such-heading", "no such heading"],
    ["docs/usage.md", "../../elsewhere.md", "outside of the repository"],
    ["README.md", "package.json#files", "an anchor of a file that is not Markdown"],
  ])("reports a link of %s to %s", (file, href, fault) => {
    expect(faultOf(file, href)).toBe(`${href}: ${fault}`);
  });
});

const linked = files.map((file) => [file, relativeLinksOf(readFileSync(join(root, file), "utf8"))] as const);

it("reads the pages of the repository", () => {
  expect(files).toEqual(expect.arrayContaining(["README.md", "docs/usage.md", "packages/emit/README.md"]));
  expect(linked.flatMap(([, links]) => links).length).toBeGreaterThan(100);
});

it.each(linked.filter(([, links]) => links.length > 0))("%s has only valid links", (file, links) => {
  expect(links.flatMap((href) => faultOf(file, href) ?? [])).toEqual([]);
});
