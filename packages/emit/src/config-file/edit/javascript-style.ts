import { camelCase } from "@microvm-emit/model/internal";
import { type ObjectLiteral, readModule } from "../locate/syntax.js";
import type { Braces, BraceStyle, Member } from "./braces.js";
import type { Setting } from "./editor.js";
import { indentationStep, lineBreakOf } from "./source-text.js";
import { visit } from "./syntax-nodes.js";

export const isJson = (file: string): boolean => /\.jsonc?$/.test(file);

export const styleOf = (file: string, text: string): BraceStyle => ({
  comment: /\/\/[^\r\n]*|\/\*[^]*?\*\//y,
  trailingComma:
    !isJson(file) && (/,[^\S\n]*\r?\n\s*[}\])]/.test(text) || !/[^;,{[(\s][^\S\n]*\r?\n\s*[}\]]/.test(text)),
  breaksEmpty: true,
  breaksWide: true,
  lineBreak: lineBreakOf(text),
  step: indentationStep(text),
});

export const bracesOf = ({ start, end, properties }: ObjectLiteral): Braces => ({
  open: start ?? 0,
  close: (end ?? 0) - 1,
  members: properties.map((member) => ({ start: member.start ?? 0, end: member.end ?? 0 })),
});

export const isIdentifier = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name);

/** A key in the style of the other keys of its object. */
export const keyText = (name: string, siblings: ObjectLiteral | undefined, file: string, text: string): string => {
  const keys = siblings?.properties.flatMap((one) =>
    one.type === "ObjectProperty" && !one.shorthand ? [one.key] : [],
  );
  const areQuoted = keys !== undefined && keys.length > 0 && keys.every(({ type }) => type === "StringLiteral");
  return isIdentifier(name) && !areQuoted && !isJson(file) ? name : quoted(name, file, text);
};

/** A text in the quotes that the file uses most. */
export const quoted = (value: string, file: string, text: string): string => {
  const double = JSON.stringify(value);
  if (isJson(file)) return double;
  let [singles, doubles] = [0, 0];
  visit(readModule(file, text)?.statements, (node) => {
    if (node.type !== "StringLiteral") return;
    if (text.charAt(node.start ?? 0) === "'") singles++;
    else doubles++;
  });
  const isSingle = singles > doubles;
  return isSingle ? `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : double;
};

export const plainExpression = (setting: Setting, file: string): string => {
  if (typeof setting === "string") return JSON.stringify(setting);
  if ("catalogue" in setting)
    return isJson(file) ? JSON.stringify(setting.catalogue) : `${camelCase(setting.catalogue)}()`;
  if ("fields" in setting) {
    const key = (name: string): string => (isJson(file) ? JSON.stringify(name) : name);
    return inBraces(Object.entries(setting.fields).map(([name, value]) => `${key(name)}: ${JSON.stringify(value)}`));
  }
  return `[${setting.map((item) => plainExpression(item, file)).join(", ")}]`;
};

export const inBraces = (members: readonly string[]): string =>
  members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;

/** Longer values get a line for each setting. */
const maxValueWidth = 100;

/** A VM with its settings, in the shape of its siblings. */
export const valueMember = (
  key: string,
  assigned: readonly string[],
  siblings: ObjectLiteral | undefined,
  file: string,
  text: string,
): Member => {
  const values = (siblings?.properties ?? []).flatMap((one) =>
    one.type === "ObjectProperty" && one.value.type === "ObjectExpression" && one.value.properties.length > 0
      ? [text.slice(one.value.start ?? 0, one.value.end ?? 0)]
      : [],
  );
  const areSpread =
    values.length > 0 ? values.every((value) => value.startsWith("{\n") || value.startsWith("{\r\n")) : isJson(file);
  return {
    above: [],
    behind: "",
    text: (indentation, isAlone) => {
      const inLine = `${key}: ${inBraces(assigned)}`;
      const isWide = indentation.length + inLine.length + 1 > maxValueWidth;
      if (!isAlone || assigned.length === 0 || (!areSpread && !isWide)) return inLine;
      const lineBreak = lineBreakOf(text);
      const lines = assigned.map((one) => `${indentation}${indentationStep(text)}${one}`);
      const comma = styleOf(file, text).trailingComma ? "," : "";
      return `${key}: {${lineBreak}${lines.join(`,${lineBreak}`)}${comma}${lineBreak}${indentation}}`;
    },
  };
};
