/** Lists, changes and removes inputs of a flake. */
import { nodesOf } from "../children.js";
import type { Attrs, Formals } from "../expr.js";
import { staticName } from "../names.js";
import { toJs } from "../to-js.js";
import type { Result } from "../result.js";
import { getAttr, removeAttr, setAttr } from "./attributes.js";
import { fail, right, type Edited, type NixFile, type Splice } from "./file.js";
import { resultOf } from "./find.js";
import { followsPath, formalsOf, outputsOf } from "./flake.js";
import { parseFlakeRef, showFlakeRef, type FlakeRef } from "./flake-ref.js";
import { usesOf } from "./scope.js";
import { splice } from "./splice.js";
import type { Names } from "./steps.js";
import { beginsLine, commentsAbove, lineStart, nextLine, withTrailing } from "./text.js";
import { skipBlanks } from "../parse/blanks.js";

/** An input of a flake, as the file defines it. */
export interface ListedInput {
  /** The name in `inputs`. */
  readonly name: string;
  /** The URL in the file, or `path:` and a path. Undefined for an input with attributes, or without a source. */
  readonly url?: string;
  /** The reference, from the URL or the attributes. For an argument of the outputs without a definition, its name. */
  readonly ref?: FlakeRef;
  /** False for a source that is not a flake. */
  readonly flake: boolean;
  /** The input that this one follows, such as `home-manager/nixpkgs`. */
  readonly sameAs?: string;
  /** The inputs of the input that follow inputs of this flake, as in {@link FlakeInput}. */
  readonly follows: Readonly<Record<string, string>>;
}

/** Attributes of an input that are not attributes of its reference. */
const OWN: ReadonlySet<string> = new Set(["flake", "follows", "inputs"]);

/**
 * The inputs of a flake, in order: those in `inputs`, then arguments of the outputs that are inputs from the registry.
 * Parts that are not literal are left out.
 */
export const listFlakeInputs = (file: NixFile): readonly ListedInput[] => {
  const names = namesIn(setAt(file, ["inputs"])).filter((name) => name !== "self");
  const formals = formalsOf(file)?.formals.map(({ name }) => name) ?? [];
  return [
    ...names.map((name) => readInput(file, name)),
    ...formals
      .filter((name) => name !== "self" && !names.includes(name))
      .map((name) => ({ name, ref: { type: "indirect", id: name }, flake: true, follows: {} })),
  ];
};

const setAt = (file: NixFile, path: Names): Attrs | undefined => {
  const value = getAttr(file, path);
  const result = value && resultOf(value);
  return result?.kind === "attrs" ? result : undefined;
};

/** The first names of the bindings of a set, without repetitions. */
const namesIn = (set: Attrs | undefined): readonly string[] => [
  ...new Set(set?.bindings.flatMap((one) => (one.kind === "binding" ? (staticName(one.path[0]) ?? []) : [])) ?? []),
];

const scalarAt = (file: NixFile, path: Names): string | number | boolean | undefined => {
  const value = getAttr(file, path);
  if (value?.kind === "path" && value.parts.every((part) => typeof part === "string")) {
    return `path:${value.parts.join("")}`;
  }
  const data = value && toJs(value);
  const read = data?._tag === "Right" ? data.right : undefined;
  return typeof read === "string" || typeof read === "number" || typeof read === "boolean" ? read : undefined;
};

const readInput = (file: NixFile, name: string): ListedInput => {
  const at = ["inputs", name];
  const flake = scalarAt(file, [...at, "flake"]) !== false;
  const sameAs = scalarAt(file, [...at, "follows"]);
  const url = scalarAt(file, [...at, "url"]);
  const type = scalarAt(file, [...at, "type"]);
  const common = {
    name,
    flake,
    ...(typeof sameAs === "string" ? { sameAs } : {}),
    follows: Object.fromEntries(followsIn(file, at)),
  };
  if (typeof type === "string") {
    const attributes = namesIn(setAt(file, at)).flatMap((key) => {
      const value = OWN.has(key) ? undefined : scalarAt(file, [...at, key]);
      return value === undefined ? [] : [[key, value] as const];
    });
    return { ...common, ref: { type, ...Object.fromEntries(attributes) } };
  }
  if (typeof url !== "string") return common;
  const ref = parseFlakeRef(url, { flake });
  return { ...common, url, ...(ref._tag === "Right" ? { ref: ref.right } : {}) };
};

/** The inputs of an input that follow others, including nested ones: `["a/nixpkgs", "nixpkgs"]`. */
const followsIn = (file: NixFile, at: Names, above = ""): readonly (readonly [string, string])[] =>
  namesIn(setAt(file, [...at, "inputs"])).flatMap((inner) => {
    const target = scalarAt(file, [...at, "inputs", inner, "follows"]);
    const own = typeof target === "string" ? [[above + inner, target] as const] : [];
    return [...own, ...followsIn(file, [...at, "inputs", inner], `${above}${inner}/`)];
  });

/** A change of an input. Omitted properties stay unchanged. */
export interface FlakeInputChange {
  /** A flake reference in any form. An input with attributes gets the attributes of the reference. */
  readonly url?: string;
  /** A branch or tag; null removes it. For GitHub, GitLab and SourceHut, it replaces the revision. */
  readonly ref?: string | null;
  /** A commit hash; null removes it. For GitHub, GitLab and SourceHut, it replaces the branch. */
  readonly rev?: string | null;
  /** Inputs of the input that follow inputs of this flake; null removes one. */
  readonly follows?: Readonly<Record<string, string | null>>;
  /** False for a source that is not a flake. */
  readonly flake?: boolean;
}

/**
 * Changes an input of a flake, in the form that the file has: a URL, or attributes with a `type`. The rest of the URL
 * stays.
 *
 * @example
 *
 * ```ts
 * import { openNix, setFlakeInput } from "@microvm-emit/nix-ast";
 *
 * const file = openNix('{ inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05"; outputs = _: { }; }');
 * const edited = file._tag === "Left" ? file : setFlakeInput(file.right, "nixpkgs", { ref: "nixos-25.11" });
 * if (edited._tag === "Right") console.log(edited.right.text);
 * ```
 *
 * ```nix
 * { inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11"; outputs = _: { }; }
 * ```
 */
export const setFlakeInput = (file: NixFile, name: string, change: FlakeInputChange): Edited => {
  const input = listFlakeInputs(file).find((one) => one.name === name);
  const at = ["inputs", name];
  const place = getAttr(file, at);
  if (input === undefined || place === undefined) {
    return fail("missing", `the flake does not define an input \`${name}\`; add it with addFlakeInput`);
  }
  const reference = referenceEdits(input, change);
  if (reference._tag === "Left") return fail("invalid", reference.left, place);
  let edited: Edited = right(file);
  const apply = (path: Names, value: string | number | boolean | null): void => {
    if (edited._tag === "Left") return;
    const next = edited.right;
    if (value !== null) edited = setAttr(next, [...at, ...path], value);
    else if (getAttr(next, [...at, ...path]) !== undefined) edited = removeAttr(next, [...at, ...path]);
  };
  for (const [path, value] of reference.right) apply(path, value);
  for (const [from, to] of Object.entries(change.follows ?? {})) {
    if (to === null && edited._tag === "Right") edited = removeFollows(edited.right, name, from);
    else apply(followsPath(from), to);
  }
  if (change.flake !== undefined && change.flake !== input.flake) apply(["flake"], change.flake ? null : false);
  return edited;
};

const NONE: FlakeRef = { type: "" };

type AttributeEdits = readonly (readonly [Names, string | number | boolean | null])[];

/** The attributes to set for a new reference, or the reason why it is not possible. */
const referenceEdits = (input: ListedInput, change: FlakeInputChange): Result<string, AttributeEdits> => {
  const { url, ref, rev } = change;
  if (url === undefined && ref === undefined && rev === undefined) return right([]);
  const flake = change.flake ?? input.flake;
  if (input.sameAs !== undefined) {
    return { _tag: "Left", left: `\`${input.name}\` follows \`${input.sameAs}\`; change that input instead` };
  }
  const isPlain = ref === undefined && rev === undefined;
  const asUrl = input.url !== undefined || input.ref === undefined;
  if (url !== undefined && isPlain && asUrl) return right([[["url"], url]]);
  if (url === undefined && input.ref === undefined) {
    return { _tag: "Left", left: `the reference of \`${input.name}\` is unknown; set its url` };
  }
  const read = url === undefined ? right(input.ref ?? NONE) : parseFlakeRef(url, { flake });
  if (read._tag === "Left") return { _tag: "Left", left: read.left.message };
  const changed = withRevision(read.right, ref, rev);
  if (changed._tag === "Left") return changed;
  // This also checks the attributes.
  const shown = showFlakeRef(changed.right);
  if (shown._tag === "Left") return { _tag: "Left", left: shown.left.message };
  if (asUrl) {
    const isShort = read.right.type === "indirect" && (url ?? input.url)?.startsWith("flake:") !== true;
    return right([[["url"], isShort ? shown.right.replace(/^flake:/, "") : shown.right]]);
  }
  const before = input.ref ?? NONE;
  const stale = Object.keys(before).filter((key) => !(key in changed.right));
  const fresh = Object.entries(changed.right).filter(([key, value]) => before[key] !== value);
  return right([
    ...stale.map((key) => [[key], null] as const),
    ...fresh.map(([key, value]) => [[key], value] as const),
  ]);
};

const EXCLUSIVE: ReadonlySet<string> = new Set(["github", "gitlab", "sourcehut"]);
const WITHOUT_REF: ReadonlySet<string> = new Set(["path", "tarball", "file"]);

/** A reference with another branch and revision. A hash of the contents is dropped with the old revision. */
const withRevision = (
  given: FlakeRef,
  ref: string | null | undefined,
  rev: string | null | undefined,
): Result<string, FlakeRef> => {
  if (ref === undefined && rev === undefined) return right(given);
  if (WITHOUT_REF.has(given.type)) {
    return { _tag: "Left", left: `a reference of type ${given.type} has no branch or revision; set its url` };
  }
  const isExclusive = EXCLUSIVE.has(given.type);
  const dropped = new Set(["narHash", "lastModified", "revCount"]);
  if (ref === null || (isExclusive && typeof rev === "string" && ref === undefined)) dropped.add("ref");
  if (rev === null || (isExclusive && typeof ref === "string" && rev === undefined)) dropped.add("rev");
  const kept = Object.entries(given).filter(([key]) => !dropped.has(key));
  const added = Object.entries({ ref, rev }).filter(([, value]) => typeof value === "string");
  return right(Object.fromEntries([...kept, ...added]) as FlakeRef);
};

/**
 * Removes an input from a flake: its definition, its argument of the outputs, and `follows` of other inputs to it. An
 * error of kind `used` if the outputs or another input need it.
 */
export const removeFlakeInput = (file: NixFile, name: string): Edited => {
  const inputs = listFlakeInputs(file);
  if (!inputs.some((one) => one.name === name)) return fail("missing", `the flake has no input \`${name}\``);
  const isTarget = (target: string | undefined): boolean => target === name || target?.startsWith(`${name}/`) === true;
  const alias = inputs.find((one) => one.name !== name && isTarget(one.sameAs));
  if (alias) {
    const message = `the input \`${alias.name}\` follows \`${alias.sameAs ?? ""}\`; change it first`;
    return fail("used", message, getAttr(file, ["inputs", alias.name]));
  }
  const use = useOf(file, name);
  if (use) return fail("used", `the outputs use the input \`${name}\` here; remove the use first`, use);
  let edited: Edited = right(file);
  for (const other of inputs) {
    if (other.name === name) continue;
    for (const [from, target] of Object.entries(other.follows)) {
      if (isTarget(target) && edited._tag === "Right") edited = removeFollows(edited.right, other.name, from);
    }
  }
  if (edited._tag === "Right" && getAttr(edited.right, ["inputs", name]) !== undefined) {
    edited = removeAttr(edited.right, ["inputs", name]);
  }
  return edited._tag === "Left" ? edited : removeFormal(edited.right, name);
};

/** A use of an input in the outputs: by its argument, or as an attribute of the whole argument. */
const useOf = (file: NixFile, name: string): { readonly start?: number; readonly end?: number } | undefined => {
  const outputs = outputsOf(file);
  if (outputs === undefined) return undefined;
  const { param, body } = outputs;
  const defaults = param.kind === "formals" ? param.formals.flatMap((one) => one.default ?? []) : [];
  if (param.kind === "formals" && param.formals.some((one) => one.name === name)) {
    const [use] = usesOf(name, [body, ...defaults]);
    if (use) return use.node;
  }
  const all = param.kind === "identParam" ? param.name : param.as?.name;
  if (all === undefined) return undefined;
  const variables = new Set(usesOf(all, [body, ...defaults]).map(({ node }) => node));
  return nodesOf(outputs).find((node) => {
    if (node.kind === "select") return variables.has(node.target) && staticName(node.path[0]) === name;
    if (node.kind !== "inherit" || node.from === undefined || !variables.has(node.from)) return false;
    return node.names.some((one) => staticName(one) === name);
  });
};

/** Removes the `follows` of an input of an input, with the sets that become empty. */
const removeFollows = (file: NixFile, name: string, from: string): Edited => {
  let path: Names = ["inputs", name, ...followsPath(from)];
  while (path.length > 3 && namesIn(setAt(file, path.slice(0, -1))).length <= 1) path = path.slice(0, -1);
  return getAttr(file, path) === undefined ? right(file) : removeAttr(file, path);
};

const removeFormal = (file: NixFile, name: string): Edited => {
  const formals = formalsOf(file);
  const index = formals?.formals.findIndex((one) => one.name === name) ?? -1;
  return formals === undefined || index < 0 ? right(file) : splice(file, formalCuts(file.text, formals, index));
};

/** The text to remove with a formal: its comma, and its line if nothing else is on it. */
const formalCuts = (text: string, { formals, start: open = 0 }: Formals, index: number): readonly Splice[] => {
  const { start = 0, end = 0 } = formals[index] ?? {};
  const cut = (from: number, to: number): Splice => ({ start: from, end: to, text: "" });
  const before = formals[index - 1]?.end;
  const comma = skipBlanks(text, end);
  const leading = before === undefined ? -1 : skipBlanks(text, before);
  const isAlone = /^[ \t]*,?[ \t]*$/.test(text.slice(lineStart(text, start), start));
  if (text[comma] === ",") {
    const trailing = withTrailing(text, comma + 1);
    if (beginsLine(text, start) && trailing.endsLine) {
      return [cut(commentsAbove(text, before ?? open, lineStart(text, start)), nextLine(text, trailing.end))];
    }
    if (isAlone && leading >= lineStart(text, start)) return [cut(lineStart(text, start), lineStart(text, comma))];
    return [cut(start, comma + 1 + (/^[ \t]*/.exec(text.slice(comma + 1))?.[0].length ?? 0))];
  }
  if (before === undefined) return [cut(text.slice(0, start).trimEnd().length, end)];
  const separate = lineStart(text, start) > leading;
  if (!separate) {
    const from = isAlone ? lineStart(text, start) : before;
    return isAlone ? [cut(from, nextLine(text, withTrailing(text, end).end))] : [cut(before, end)];
  }
  // The comma is on the line of the formal before, perhaps with a comment after it.
  return [cut(leading, leading + 1), cut(withTrailing(text, leading + 1).end, withTrailing(text, end).end)];
};
