import type { Node, ParseError, ParseOptions } from "jsonc-parser";
import { type Place, placeAtOffset } from "../../report/place.js";

/** A syntax error and its place. */
export interface SyntaxProblem {
  readonly place: Place;
  readonly message: string;
}

/** The parsed data or a syntax error. */
export type ReadData = { readonly data: unknown } | { readonly problem: SyntaxProblem };

/** Place and reason of a JSON error; messages of `JSON.parse` do not always contain a position. */
const jsonErrorPlace = async (file: string, text: string): Promise<SyntaxProblem> => {
  const { errors } = await parsed(text, strictly);
  return syntaxProblem(file, text, errors[0]);
};

/** Parses JSON; duplicate keys are errors. */
export const readJson = async (file: string, text: string): Promise<ReadData> => {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return { problem: await jsonErrorPlace(file, text) };
  }
  const { root } = await parsed(text, strictly);
  return problemOfKeys(file, text, root) ?? { data };
};

/** Parses JSON with comments and trailing commas; duplicate keys are errors. */
export const readJsonc = async (file: string, text: string): Promise<ReadData> => {
  const { getNodeValue } = await import("jsonc-parser");
  const { root, errors } = await parsed(text, { disallowComments: false, allowTrailingComma: true });
  return root === undefined || errors.length > 0
    ? { problem: await syntaxProblem(file, text, errors[0]) }
    : (problemOfKeys(file, text, root) ?? { data: getNodeValue(root) as unknown });
};

const strictly: ParseOptions = { disallowComments: true, allowTrailingComma: false };

const parsed = async (text: string, options: ParseOptions) => {
  const { parseTree } = await import("jsonc-parser");
  const errors: ParseError[] = [];
  return { root: parseTree(text, errors, options), errors };
};

const problemOfKeys = (file: string, text: string, root: Node | undefined): ReadData | undefined => {
  const twice = root === undefined ? undefined : keyWrittenTwice(root);
  if (twice === undefined) return undefined;
  const message = `ambiguous: duplicate key ${JSON.stringify(twice.value)}`;
  return { problem: { place: placeAtOffset(file, text, twice.offset), message } };
};

/** The first duplicate key, because parsers silently take the last value. */
const keyWrittenTwice = (root: Node): Node | undefined => {
  const left = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    const seen = new Set<unknown>();
    for (const child of node.children ?? []) {
      const key = node.type === "object" ? child.children?.[0] : undefined;
      if (key !== undefined && seen.has(key.value)) return key;
      if (key !== undefined) seen.add(key.value);
      left.push(child);
    }
  }
  return undefined;
};

const syntaxProblem = async (file: string, text: string, first: ParseError | undefined): Promise<SyntaxProblem> => {
  const { printParseErrorCode } = await import("jsonc-parser");
  return {
    place: placeAtOffset(file, text, first?.offset ?? text.length),
    message: first === undefined ? "not valid JSON" : `not valid JSON (${spaced(printParseErrorCode(first.error))})`,
  };
};

/** `CommaExpected` → `comma expected`. */
const spaced = (name: string): string => name.replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
