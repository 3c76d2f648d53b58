import { isNode } from "../common/nix-node.js";
import type { ConfigPath } from "../problems/problem.js";

/*
 * Merges parts of a config. Marks are registered symbols, so that a part made with
 * another copy of this package has the same ones.
 */

/** Marks a list or an object that replaces the previous value instead of merging with it. */
const replacing = Symbol.for("@microvm-emit/model/replace");

/** The keys that a merged object still removes from its base. */
const removing = Symbol.for("@microvm-emit/model/remove");

/** The value that removes a setting. */
export const removal = Symbol.for("@microvm-emit/model/unset");

type PlainObject = Readonly<Record<string, unknown>>;

/** True for an object of data: no list, no Nix, no instance of a class. */
export const isData = (value: unknown): value is PlainObject => {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isNode(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** True for an object that merges by key. An agent, known by its command, does not. */
const isPlain = (value: unknown): value is PlainObject => isData(value) && typeof said(value, "command") !== "string";

const isReplacement = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, replacing);

/** The same list or object, marked to replace; other values do so anyway. */
export const asReplacement = (value: unknown): unknown => {
  if (isReplacement(value)) return value;
  const copy = Array.isArray(value) ? [...(value as unknown[])] : isPlain(value) ? merge({}, value) : undefined;
  return copy === undefined ? value : Object.defineProperty(copy, replacing, { value: true });
};

/** The value of a key in an object, `removal`, or undefined. */
const said = (from: PlainObject, key: string): unknown => {
  if (Object.hasOwn(from, key)) return from[key];
  return removedKeys(from).includes(key) ? removal : undefined;
};

const removedKeys = (from: PlainObject): readonly string[] =>
  ((from as Readonly<Record<symbol, unknown>>)[removing] as readonly string[] | undefined) ?? [];

/**
 * `change` merged over `base`: objects merge by key, lists are concatenated, any other value or kind replaces.
 * `undefined` changes nothing. Associative, with `undefined` as identity.
 */
export const merge = (base: unknown, change: unknown): unknown => {
  if (change === undefined) return base;
  if (change === removal || base === undefined || isReplacement(change)) return settled(change);
  if (Array.isArray(base) && Array.isArray(change)) {
    const joined: unknown[] = [...(base as unknown[]), ...(change as unknown[])];
    return isReplacement(base) ? asReplacement(joined) : joined;
  }
  if (!isPlain(base) || !isPlain(change)) return asReplacement(change);
  return mergeObjects(base, change);
};

const mergeObjects = (base: PlainObject, change: PlainObject): PlainObject => {
  const keys = new Set([...Object.keys(base), ...removedKeys(base), ...Object.keys(change), ...removedKeys(change)]);
  const merged = [...keys].map((key) => [key, merge(said(base, key), said(change, key))] as const);
  const result: PlainObject = Object.fromEntries(merged.filter(([, value]) => value !== removal));
  const removed = merged.flatMap(([key, value]) => (value === removal ? [key] : []));
  if (removed.length > 0) Object.defineProperty(result, removing, { value: removed });
  return isReplacement(base) ? Object.defineProperty(result, replacing, { value: true }) : result;
};

/** A part without its marks of removed settings. */
export const settled = (part: unknown): unknown => {
  if (!isPlain(part)) return part;
  const alone = mergeObjects({}, part);
  return isReplacement(part) ? Object.defineProperty(alone, replacing, { value: true }) : alone;
};

/**
 * Finds the argument of `merge(base, change)` that a path of the result comes from, and the path in this argument. A
 * missing path comes from the argument that contains the innermost existing part.
 */
export const sourceOf = (
  base: unknown,
  change: unknown,
  [step, ...rest]: ConfigPath,
): { readonly from: "base" | "change"; readonly path: ConfigPath } => {
  if (change === undefined && base !== undefined && base !== removal)
    return { from: "base", path: step === undefined ? [] : [step, ...rest] };
  if (step === undefined || base === undefined || isReplacement(change))
    return { from: "change", path: step === undefined ? [] : [step, ...rest] };
  if (Array.isArray(base) && Array.isArray(change)) {
    const position = Number(step) - base.length;
    return position < 0 ? { from: "base", path: [step, ...rest] } : { from: "change", path: [position, ...rest] };
  }
  if (!isPlain(base) || !isPlain(change)) return { from: "change", path: [step, ...rest] };
  const key = String(step);
  const { from, path } = sourceOf(said(base, key), said(change, key), rest);
  return { from, path: [step, ...path] };
};
