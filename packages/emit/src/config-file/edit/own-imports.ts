import { isOurs, readModule, type Statement } from "../locate/syntax.js";
import { type Braces, type Member, withMember, withoutMember } from "./braces.js";
import { styleOf } from "./javascript-style.js";
import { nextLine, splice } from "./source-text.js";
import { namesIn } from "./syntax-nodes.js";

/**
 * The local name of a function of this package, and the text with an import of it; undefined if no import can be
 * added.
 *
 * @param isFree true if the file has no other meaning of the name.
 */
export const withImport = (
  text: string,
  file: string,
  name: string,
  isFree: boolean,
): { readonly local: string; readonly text: string } | undefined => {
  const imports = ownImports(readModule(file, text)?.statements ?? []);
  const known = imports.flatMap(({ names }) => names).find((one) => one.imported === name);
  if (known !== undefined) return { local: known.local, text };
  const [into] = imports;
  if (into === undefined || !isFree) return undefined;
  const isSorted = into.names.every(
    (one, at) => at === 0 || !isBefore(one.imported, into.names[at - 1]?.imported ?? ""),
  );
  const next = into.names.findIndex((one) => isBefore(name, one.imported));
  const position = isSorted && next >= 0 ? next : into.names.length;
  const member: Member = { above: [], text: () => name, behind: "" };
  const style = { ...styleOf(file, text), breaksEmpty: false };
  return { local: name, text: withMember(text, bracesOfImport(text, into), member, style, position) };
};

/** The text without the import of a local name from this package, if nothing uses the name. */
export const withoutUnusedImport = (text: string, file: string, name: string): string => {
  const statements = readModule(file, text)?.statements ?? [];
  const found = ownImports(statements).find(({ names }) => names.some(({ local }) => local === name));
  const others = statements.filter(({ type }) => type !== "ImportDeclaration");
  if (found === undefined || others.some((statement) => namesIn(statement).has(name))) return text;
  const position = found.names.findIndex(({ local }) => local === name);
  return found.names.length > 1 || found.isMixed
    ? withoutMember(text, bracesOfImport(text, found), position, styleOf(file, text))
    : splice(text, found.start, nextLine(text, found.end), "");
};

interface OwnImport {
  readonly start: number;
  readonly end: number;
  /** Its names in braces. */
  readonly names: readonly {
    readonly imported: string;
    readonly local: string;
    readonly start: number;
    readonly end: number;
  }[];
  /** It has a default or namespace import too. */
  readonly isMixed: boolean;
}

/** The named imports from this package. */
const ownImports = (statements: readonly Statement[]): readonly OwnImport[] =>
  statements.flatMap((statement) => {
    if (statement.type !== "ImportDeclaration" || statement.importKind === "type" || !isOurs(statement.source.value))
      return [];
    const names = statement.specifiers.flatMap((one) =>
      one.type === "ImportSpecifier"
        ? [
            {
              imported: one.imported.type === "Identifier" ? one.imported.name : one.imported.value,
              local: one.local.name,
              start: one.start ?? 0,
              end: one.end ?? 0,
            },
          ]
        : [],
    );
    return names.length === 0
      ? []
      : [
          {
            start: statement.start ?? 0,
            end: statement.end ?? 0,
            names,
            isMixed: names.length < statement.specifiers.length,
          },
        ];
  });

const bracesOfImport = (text: string, { names }: OwnImport): Braces => ({
  open: text.lastIndexOf("{", names[0]?.start ?? 0),
  close: text.indexOf("}", names.at(-1)?.end ?? 0),
  members: names,
});

const isBefore = (a: string, b: string): boolean => a.toLowerCase() < b.toLowerCase();
