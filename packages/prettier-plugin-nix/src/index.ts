/**
 * A Prettier plugin for Nix. It formats with `format` of `@microvm-emit/nix-ast`, with the `printWidth` and `tabWidth` of
 * Prettier.
 */
import { format } from "@microvm-emit/nix-ast";
import type { Doc, Options, Parser, Printer, SupportLanguage } from "prettier";
import { builders, utils } from "prettier/doc";
import { hasIgnorePragma, hasPragma, insertPragma } from "./pragma.js";
import { syntaxErrorOf } from "./syntax-error.js";

/** The only node that Prettier gets. `format` has already placed comments and line breaks. */
export interface NixFile {
  readonly kind: "nixFile";
  /** The source. */
  readonly text: string;
  /** The source in the layout of nixfmt. */
  readonly formatted: string;
}

/** The language, for Prettier. */
export const languages: SupportLanguage[] = [
  {
    name: "Nix",
    parsers: ["nix"],
    extensions: [".nix"],
    aliases: ["nixos"],
    tmScope: "source.nix",
    aceMode: "nix",
    linguistLanguageId: 252,
    vscodeLanguageIds: ["nix"],
  },
];

/** The width and indentation of nixfmt, for Nix files only. The default width of Prettier is 80. */
export const defaultOptions: Partial<Options> = { printWidth: 100, tabWidth: 2 };

const nix: Parser<NixFile> = {
  astFormat: "nix",
  parse: (text, { printWidth, tabWidth }) => {
    // Prettier allows a `tabWidth` of 0.
    const formatted = format(text, { width: printWidth, indent: Math.max(1, tabWidth) });
    if (formatted._tag === "Left") throw syntaxErrorOf(formatted.left);
    return { kind: "nixFile", text, formatted: formatted.right };
  },
  locStart: () => 0,
  locEnd: ({ text }) => text.length,
  hasPragma,
  hasIgnorePragma,
};

/** The parser, for Prettier. */
export const parsers = { nix };

/**
 * The text as lines that Prettier can indent in Markdown. All line breaks except `literalline` remove spaces before
 * them, which are content in strings.
 */
const docOf = (text: string): Doc =>
  builders.join(
    builders.literalline,
    text.split(/(?<=[ \t])\n/).map((lines) => utils.replaceEndOfLine(lines, builders.hardline)),
  );

const printer: Printer<NixFile> = {
  print: ({ node }) => docOf(node.formatted),
  insertPragma,
  getVisitorKeys: () => [],
  // `--debug-check` compares this text before and after formatting.
  massageAstNode: ({ formatted }: NixFile) => formatted,
};

/** The printer, for Prettier. */
export const printers = { nix: printer };
