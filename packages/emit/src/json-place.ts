import type { ParseError } from "jsonc-parser";
import { type Place, placeAtOffset } from "./place.js";

/** Where and why a text is no JSON, for a text that `JSON.parse` refuses: its own messages do not always say where. */
export const jsonErrorPlace = async (file: string, text: string): Promise<{ place: Place; message: string }> => {
  const { parseTree, printParseErrorCode } = await import("jsonc-parser");
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  return {
    place: placeAtOffset(file, text, first?.offset ?? text.length),
    message: first === undefined ? "not valid JSON" : `not valid JSON (${spaced(printParseErrorCode(first.error))})`,
  };
};

/** `CommaExpected` → `comma expected`. */
const spaced = (name: string): string => name.replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
