import type { ParseError, ParseOptions } from "jsonc-parser";
import { type Place, placeAtOffset } from "./place.js";

/** What is wrong with a text that should hold data, and where. */
export interface SyntaxProblem {
  readonly place: Place;
  readonly message: string;
}

/** Data that a text holds, or why it holds none. */
export type ReadData = { readonly data: unknown } | { readonly problem: SyntaxProblem };

/** Where and why a text is no JSON, for a text that `JSON.parse` refuses: its own messages do not always say where. */
export const jsonErrorPlace = async (file: string, text: string): Promise<SyntaxProblem> => {
  const { parseTree } = await import("jsonc-parser");
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  return syntaxProblem(file, text, errors[0]);
};

/** The data of JSON with comments and trailing commas. */
export const readJsonc = async (file: string, text: string): Promise<ReadData> => {
  const { getNodeValue, parseTree } = await import("jsonc-parser");
  const errors: ParseError[] = [];
  const options: ParseOptions = { disallowComments: false, allowTrailingComma: true };
  const root = parseTree(text, errors, options);
  return root === undefined || errors.length > 0
    ? { problem: await syntaxProblem(file, text, errors[0]) }
    : { data: getNodeValue(root) as unknown };
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
