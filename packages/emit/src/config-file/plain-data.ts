import { type ConfigPath, formatPath } from "@microvm-emit/model";
import { NODE } from "@microvm-emit/nix-ast";
import { types } from "node:util";

/** Reading a part of the config runs code that throws. */
export class Unreadable extends Error {
  override readonly cause: unknown;
  readonly path: ConfigPath;

  constructor(path: ConfigPath, cause: unknown) {
    super("unreadable");
    this.path = path;
    this.cause = cause;
  }
}

/** The config is infinite or too large. */
export class TooLarge extends Error {}

/** A config path as a linked list, last step first. */
interface Step {
  readonly above: Step | undefined;
  readonly key: string | number;
}

interface Task {
  readonly from: object;
  readonly to: object;
  readonly at: Step | undefined;
  readonly depth: number;
}

const maxDepth = 500;
const maxValues = 5_000_000;

/**
 * Copies data without getters and proxies, so that reading the copy runs no code. Keeps shared references. Throws
 * {@link Unreadable} or {@link TooLarge}.
 */
export const plainData = (root: unknown): unknown => {
  const copies = new Map<object, object>();
  const tasks: Task[] = [];
  let values = 0;

  const count = (more: number, at: Step | undefined): void => {
    values += more;
    if (values > maxValues) throw new TooLarge(`more than 5,000,000 values${near(at)}`);
  };

  const copyOf = (value: unknown, at: Step | undefined, depth: number): unknown => {
    if (typeof value === "function") return Object.defineProperty(() => undefined, "name", { value: nameOf(value) });
    if (typeof value !== "object" || value === null || isLeaf(value)) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    if (depth > maxDepth) throw new TooLarge(`data nested deeper than ${String(maxDepth)} levels${near(at)}`);
    const to = Array.isArray(value) ? [] : (Object.create(prototypeFor(value)) as object);
    copies.set(value, to);
    tasks.push({ from: value, to, at, depth });
    return to;
  };

  let at: Step | undefined;
  try {
    const result = copyOf(root, undefined, 0);
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
      const { from, to, at: here, depth } = task;
      at = here;
      // A sparse list may have any length.
      if (Array.isArray(from)) count(from.length, at);
      const keys = Object.keys(from);
      count(keys.length, at);
      const marks = Object.getOwnPropertySymbols(from);
      // Nix code may have any depth.
      const inner = (marks as readonly PropertyKey[]).includes(NODE) ? 0 : depth + 1;
      const copy = (key: string | symbol, enumerable: boolean): void => {
        at = typeof key === "symbol" ? here : { above: here, key: Array.isArray(to) ? Number(key) : key };
        const value = copyOf((from as Record<PropertyKey, unknown>)[key], at, inner);
        if (enumerable && key !== "__proto__") (to as Record<PropertyKey, unknown>)[key] = value;
        else Object.defineProperty(to, key, { value, enumerable, configurable: true, writable: true });
      };
      for (const key of keys) copy(key, true);
      for (const mark of marks) copy(mark, Object.prototype.propertyIsEnumerable.call(from, mark));
      for (const key of gettersOfClass(from)) copy(key, false);
    }
    return result;
  } catch (error) {
    throw error instanceof TooLarge ? error : new Unreadable(pathOf(at), error);
  }
};

const pathOf = (at: Step | undefined): ConfigPath => {
  const path: (string | number)[] = [];
  for (let step = at; step !== undefined; step = step.above) path.unshift(step.key);
  return path;
};

const near = (at: Step | undefined): string => {
  const path = pathOf(at);
  return path.length === 0 ? "" : `, such as at ${formatPath(path.slice(0, 8))}${path.length > 8 ? " and deeper" : ""}`;
};

/** Getters of a class, which are read like properties of the object. */
const gettersOfClass = (from: object): readonly string[] => {
  const found: string[] = [];
  for (let above = prototypeOf(from); above !== null && prototypeOf(above) !== null; above = prototypeOf(above)) {
    if (above === Array.prototype) break;
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(above)))
      if ("get" in descriptor) found.push(key);
  }
  return found;
};

const prototypeOf = (value: object): object | null => Object.getPrototypeOf(value) as object | null;

/** Prototype for instances of classes: still no plain object, but without the methods. */
const instance: object = Object.create(Object.prototype) as object;

const prototypeFor = (value: object): object | null => {
  const prototype = prototypeOf(value);
  if (prototype === null) return null;
  return prototypeOf(prototype) === null ? Object.prototype : instance;
};

/** True for objects that no config contains; validation rejects them. */
const isLeaf = (value: object): boolean =>
  types.isDate(value) || types.isMap(value) || types.isSet(value) || types.isRegExp(value) || types.isPromise(value);

const nameOf = (value: { readonly name: string }): string => {
  try {
    return value.name;
  } catch {
    return "";
  }
};
