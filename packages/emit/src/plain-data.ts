import { type ConfigPath, formatPath } from "@microvm-emit/model";
import { NODE } from "@microvm-emit/nix-ast";
import { types } from "node:util";

/** Reading a part of a config runs code of the config's that throws. */
export class Unreadable extends Error {
  override readonly cause: unknown;
  readonly path: ConfigPath;

  constructor(path: ConfigPath, cause: unknown) {
    super("unreadable");
    this.path = path;
    this.cause = cause;
  }
}

/** A config has no end, or a far one. */
export class TooLarge extends Error {}

/** A path from its end. */
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
 * The same data without getters and proxies: reading it runs no code any more. Parts that are one object stay one. Throws
 * {@link Unreadable} or {@link TooLarge}.
 */
export const plainData = (root: unknown): unknown => {
  const copies = new Map<object, object>();
  const tasks: Task[] = [];
  let values = 0;

  const count = (more: number, at: Step | undefined): void => {
    values += more;
    if (values > maxValues) throw new TooLarge(`more than ${maxValues.toLocaleString("en")} values${near(at)}`);
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

  const result = reading(undefined, () => copyOf(root, undefined, 0));
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const { from, to, at, depth } = task;
    const keys = reading(at, () => keysOf(from));
    count(Array.isArray(to) ? reading(at, () => (from as readonly unknown[]).length) : keys.length, at);
    // Nix may be of any depth.
    const inner = keys.includes(NODE) ? 0 : depth + 1;
    for (const key of keys) {
      const step = typeof key === "symbol" ? at : { above: at, key: Array.isArray(to) ? Number(key) : key };
      const value = reading(step, () => copyOf((from as Record<PropertyKey, unknown>)[key], step, inner));
      const enumerable = reading(step, () => Object.getOwnPropertyDescriptor(from, key)?.enumerable === true);
      Object.defineProperty(to, key, { value, enumerable, configurable: true, writable: true });
    }
  }
  return result;
};

const reading = <A>(at: Step | undefined, read: () => A): A => {
  try {
    return read();
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

/** What a reader of an object finds: its own enumerable properties, marks, and the getters of its class. */
const keysOf = (from: object): readonly (string | symbol)[] => {
  const own = Reflect.ownKeys(from);
  if (Array.isArray(from)) return own.filter((key) => typeof key === "symbol" || /^\d+$/.test(key));
  const found = new Set(
    own.filter((key) => typeof key === "symbol" || Object.getOwnPropertyDescriptor(from, key)?.enumerable === true),
  );
  for (let above = prototypeOf(from); above !== null && prototypeOf(above) !== null; above = prototypeOf(above)) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(above))) {
      if ("get" in descriptor) found.add(key);
    }
  }
  return [...found];
};

const prototypeOf = (value: object): object | null => Object.getPrototypeOf(value) as object | null;

/** What is no plain object stays none, and loses what its class may do. */
const instance: object = Object.create(Object.prototype) as object;

const prototypeFor = (value: object): object | null => {
  const prototype = prototypeOf(value);
  if (prototype === null) return null;
  return prototypeOf(prototype) === null ? Object.prototype : instance;
};

/** Has no part that a config may be made of. */
const isLeaf = (value: object): boolean =>
  types.isDate(value) || types.isMap(value) || types.isSet(value) || types.isRegExp(value) || types.isPromise(value);

const nameOf = (value: { readonly name: string }): string => {
  try {
    return value.name;
  } catch {
    return "";
  }
};
