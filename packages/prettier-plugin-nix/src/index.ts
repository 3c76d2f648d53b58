/** Prettier's plugin for Nix: the text that `format` of `@microvm-emit/nix-ast` gives, at Prettier's `printWidth`. */
import { format } from "@microvm-emit/nix-ast";
import type { Doc, Options, Parser, Printer, SupportLanguage } from "prettier";
import { builders, utils } from "prettier/doc";
import { hasIgnorePragma, hasPragma, insertPragma } from "./pragma.js";
import { syntaxErrorOf } from "./syntax-error.js";

/** The one node that Prettier sees: comments and layout are settled before it could ask for them. */
interface NixFile {
  readonly kind: "nixFile";
  readonly text: string;
  readonly formatted: string;
}

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

/** nixfmt's width, for Nix files only; Prettier's own default is 80. */
export const defaultOptions: Partial<Options> = { printWidth: 100 };

const nix: Parser<NixFile> = {
  astFormat: "nix",
  parse: (text, { printWidth }) => {
    const formatted = format(text, { width: printWidth });
    if (formatted._tag === "Left") throw syntaxErrorOf(formatted.left);
    return { kind: "nixFile", text, formatted: formatted.right };
  },
  locStart: () => 0,
  locEnd: ({ text }) => text.length,
  hasPragma,
  hasIgnorePragma,
};

export const parsers = { nix };

/** The text as lines that Prettier can indent in Markdown. Its line breaks drop spaces before them, save `literalline`. */
const docOf = (text: string): Doc =>
  builders.join(
    builders.literalline,
    text.split(/(?<=[ \t])\n/).map((lines) => utils.replaceEndOfLine(lines, builders.hardline)),
  );

const printer: Printer<NixFile> = {
  print: ({ node }) => docOf(node.formatted),
  insertPragma,
  getVisitorKeys: () => [],
  // `--debug-check` compares what this gives before and after formatting.
  massageAstNode: ({ formatted }: NixFile) => formatted,
};

export const printers = { nix: printer };
