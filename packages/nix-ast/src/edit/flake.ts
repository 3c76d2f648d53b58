/** Edits the inputs of a flake. */
import { attrs, binding, ident, select } from "../build.js";
import type { Expr, Formals, Lambda } from "../expr.js";
import { isIdentifier } from "../names.js";
import { toNix, type NixInput } from "../to-nix.js";
import { staticName } from "../names.js";
import { getAttr, insertAttr } from "./attributes.js";
import { fail, right, type EditError, type Edited, type NixFile, type Splice } from "./file.js";
import { splice } from "./splice.js";
import { definitions, sequenceOf, setIn, type Definition } from "./find.js";
import { bindingFragment } from "./fragment.js";
import type { Names } from "./steps.js";
import { usesOf } from "./scope.js";
import { insertLineBefore } from "./sequence.js";
import { beginsLine, indentation, isMultiline, lineStart, styleOf, withTrailing } from "./text.js";
import { skipBlanks } from "../parse/blanks.js";
import type { Result } from "../result.js";

/** An input of a flake, as in `inputs`. */
export interface FlakeInput {
  /** A flake reference, such as `github:owner/repository`. */
  readonly url: string;
  /**
   * Inputs of the input that follow inputs of this flake: `{ nixpkgs: "nixpkgs" }`. `"a/b"` is an input of an input.
   */
  readonly follows?: Readonly<Record<string, string>>;
  /** False for a source that is not a flake. The default, true, is not written. */
  readonly flake?: boolean;
}

/** The path of `follows` in an input, for its own input `from`, such as `nixpkgs` or `a/nixpkgs`. */
export const followsPath = (from: string): Names => [...from.split("/").flatMap((name) => ["inputs", name]), "follows"];

/** FlakeIdRegex of Nix. */
const FLAKE_ID = /^[a-zA-Z][a-zA-Z0-9_-]*$/;

/**
 * Adds an input to a flake in the style of the other inputs: in `inputs = { … };` or as `inputs.name.url = …;`, as a
 * set or as attribute paths. Adds a formal to the outputs if they cannot access the input otherwise. {@link
 * inputReference} returns the expression for the input there.
 */
export const addFlakeInput = (file: NixFile, name: string, input: FlakeInput): Edited => {
  if (!FLAKE_ID.test(name) || name === "self") {
    const message = `${JSON.stringify(name)} cannot name an input: a letter, then letters, digits, _ and -, but not self`;
    return fail("invalid", message);
  }
  const stranger = Object.values(input.follows ?? {}).find((target) => !isInput(file, target.split("/")[0] ?? ""));
  if (stranger !== undefined) {
    return fail("missing", `the flake has no input ${JSON.stringify(stranger)} to follow; add it first`);
  }
  const existing = getAttr(file, ["inputs", name]);
  if (existing)
    return fail("defined", `the flake already has an input \`${name}\`; use setAttr to change it`, existing);
  const added = writeInput(file, name, input);
  return added._tag === "Left" ? added : takeInput(added.right, name);
};

/**
 * True if a flake has an input with this name. Formals of the outputs without a definition are inputs from the
 * registry.
 */
const isInput = (file: NixFile, name: string): boolean =>
  name === "" ||
  getAttr(file, ["inputs", name]) !== undefined ||
  formalsOf(file)?.formals.some((formal) => formal.name === name) === true;

const writeInput = (file: NixFile, name: string, { url, follows = {}, flake = true }: FlakeInput): Edited => {
  const rest: readonly (readonly [Names, NixInput])[] = [
    ...Object.entries(follows).map(([from, to]) => [followsPath(from), to] as const),
    ...(flake ? [] : [[["flake"], false] as const]),
  ];
  const parts: readonly (readonly [Names, NixInput])[] = [[["url"], url], ...rest];
  const root = setIn(file.expr);
  const found = root ? definitions(root, ["inputs"]) : [];
  const asSet = attrs(parts.map(([path, value]) => binding(path as [string], value)));
  const whole = writtenAsSet(found.flatMap(inputBindings), rest.length > 0);
  if (root && found.length === 0) {
    const outputs = root.bindings.findIndex((one) => one.kind === "binding" && staticName(one.path[0]) === "outputs");
    const [path, value] = whole ? [["inputs", name], asSet] : [["inputs", name, "url"], toNix(url)];
    const fragment = bindingFragment(path as [string], value);
    const splices = insertLineBefore(file.text, sequenceOf(file.text, root), outputs, fragment);
    if (splices) return splice(file, splices);
  }
  if (whole) return insertAttr(file, ["inputs", name], asSet);
  return parts.reduce<Edited>(
    (edited, [path, value]) =>
      edited._tag === "Left" ? edited : insertAttr(edited.right, ["inputs", name, ...path], value),
    right(file),
  );
};

/** The path of a binding after the name of the input, and its value. */
interface InputBinding {
  readonly path: readonly (string | undefined)[];
  readonly value: Expr;
}

const inputBindings = (one: Definition): readonly InputBinding[] => {
  if (one.kind === "part") {
    return [{ path: one.binding.path.slice(one.depth + 1).map(staticName), value: one.binding.value }];
  }
  const set = one.kind === "whole" ? setIn(one.binding.value) : undefined;
  return (set?.bindings ?? []).flatMap((inner) =>
    inner.kind === "binding" ? [{ path: inner.path.slice(1).map(staticName), value: inner.value }] : [],
  );
};

/**
 * True if a new input is written as a set, like the last similar input: one with only a `url`, or one with more.
 * Without a similar input, an input with more than a `url` is a set.
 */
const writtenAsSet = (inputs: readonly InputBinding[], large: boolean): boolean => {
  const likeIt = inputs.filter(({ path, value }) =>
    path.length === 0
      ? setIn(value) !== undefined && (setIn(value)?.bindings.length === 1) !== large
      : (path[0] === "url") !== large,
  );
  return (likeIt.at(-1)?.path.length ?? (large ? 0 : 1)) === 0;
};

/** The outputs of a flake, if they are a literal function. */
export const outputsOf = (file: NixFile): Lambda | undefined => {
  const outputs = getAttr(file, ["outputs"]);
  return outputs?.kind === "lambda" ? outputs : undefined;
};

export const formalsOf = (file: NixFile): Formals | undefined => {
  const param = outputsOf(file)?.param;
  return param?.kind === "formals" ? param : undefined;
};

/** Adds a formal for an input, if the outputs need it to access the input. */
const takeInput = (file: NixFile, name: string): Edited => {
  const outputs = outputsOf(file);
  if (outputs === undefined) {
    const message = `the outputs are not a literal function; set \`inputs.${name}\` with setAttr and add its argument where the function is`;
    return fail("notAFunction", message, getAttr(file, ["outputs"]));
  }
  const { param } = outputs;
  if (param.kind === "identParam" || param.formals.some((one) => one.name === name)) return right(file);
  if (param.ellipsis && param.as !== undefined) return right(file);
  if (!isIdentifier(name)) {
    return fail("invalid", `\`${name}\` is not a valid argument name; choose another name for the input`, param);
  }
  if (param.as?.name === name) {
    return fail(
      "captured",
      `\`${name}\` is the name of the whole argument of the outputs; rename it or the input`,
      param,
    );
  }
  const use = usesOf(name, [outputs]).find((one) => one.inWith);
  if (use) {
    const message = `\`${name}\` here comes from a \`with\` and would refer to the input; write its full path`;
    return fail("captured", message, use.node);
  }
  return splice(file, formalSplices(file.text, param, name));
};

/** Adds a formal after the last one, with the comma in the style of the others. */
const formalSplices = (
  text: string,
  { start = 0, end = 0, as, formals, ellipsis }: Formals,
  name: string,
): Splice[] => {
  const { newline, unit } = styleOf(text);
  const put = (at: number, added: string): Splice => ({ start: at, end: at, text: added });
  const last = formals.at(-1);
  if (last?.start === undefined || last.end === undefined) {
    const brace = as?.side === "before" ? skipBlanks(text, skipBlanks(text, start + as.name.length) + 1) : start;
    const next = skipBlanks(text, brace + 1);
    if (!ellipsis) return [{ start: brace + 1, end: brace + 1, text: ` ${name}${next === brace + 1 ? " " : ""}` }];
    return [put(next, beginsLine(text, next) ? `${name},${newline}${indentation(text, next)}` : `${name}, `)];
  }
  const next = skipBlanks(text, last.end);
  const comma = text[next] === "," && next < end ? next : undefined;
  const own = beginsLine(text, last.start);
  const indent = indentation(text, last.start);
  if (comma !== undefined && !isMultiline(text.slice(last.end, comma))) {
    const trailing = withTrailing(text, comma + 1);
    if (own && trailing.endsLine) return [put(trailing.end, `${newline}${indent}${name},`)];
    return [put(comma + 1, ` ${name},`)];
  }
  const trailing = withTrailing(text, last.end);
  const leading = /^[ \t]*[,{][ \t]*$/.exec(text.slice(lineStart(text, last.start), last.start));
  if (leading && trailing.endsLine) return [put(trailing.end, `${newline}${indent}, ${name}`)];
  if (!trailing.endsLine || (!own && trailing.end === last.end)) return [put(last.end, `, ${name}`)];
  return [put(last.end, ","), put(trailing.end, `${newline}${own ? indent : indent + unit}${name}`)];
};

/**
 * The expression for an input in the outputs of a flake, or with a path for an attribute of it: the formal (`name`), or
 * an attribute of the whole argument (`inputs.name`). It is valid unless an inner scope redefines these names.
 */
export const inputReference = (file: NixFile, name: string, path: Names = []): Result<EditError, Expr> => {
  if (name !== "self" && !isInput(file, name)) {
    return fail("missing", `the flake has no input ${JSON.stringify(name)}; add it with addFlakeInput`);
  }
  const param = outputsOf(file)?.param;
  const [first, ...rest] = path;
  if (param?.kind === "formals" && param.formals.some((formal) => formal.name === name)) {
    return right(first === undefined ? ident(name) : select(ident(name), first, ...rest));
  }
  const all = param?.kind === "identParam" ? param.name : param?.as?.name;
  if (all !== undefined) return right(select(ident(all), name, ...path));
  const message = `the outputs have no argument for the input \`${name}\`; add it to their formals`;
  return fail(param ? "missing" : "notAFunction", message, param ?? getAttr(file, ["outputs"]));
};
