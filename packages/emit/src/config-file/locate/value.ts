import type { Expression, Module, Scope, Written, WrittenFunction } from "./syntax.js";

/** The value of an expression, as far as it can be known without running it. */
export type Value =
  /** A value without parts, such as false as the result of `&&`. */
  | { readonly kind: "empty" }
  | { readonly kind: "written"; readonly node: Expression; readonly scope: Scope }
  /** Arguments of `extend`; later ones win. */
  | { readonly kind: "merged"; readonly parts: readonly Value[] }
  /** An unknown value below known parts. */
  | { readonly kind: "unknown" }
  /** `replace(…)`: replaces all values below. */
  | { readonly kind: "replacing"; readonly by: Value }
  /** `Object.fromEntries` of a list. */
  | { readonly kind: "entries"; readonly list: Value }
  /** The result of a function for each element of a list, or for each index if the list is unknown. */
  | {
      readonly kind: "mapped";
      readonly list: Value | undefined;
      readonly by: Written & { readonly node: WrittenFunction };
    };

/** All possible values of an expression. */
export interface Alternatives {
  readonly values: readonly Value[];
  /** True if there may be other values. */
  readonly isOpen: boolean;
}

/** A place with the value there; undefined for values from unknown code. */
export interface Found extends Spot {
  readonly value: Value | undefined;
}

/** A possible origin of a part of a value. */
export interface Candidate extends Found {
  /** True if another value may override it. */
  readonly isOpen: boolean;
}

export interface Spot {
  readonly module: Module;
  readonly offset: number;
}

/** The actual value at a config path, if the config is loaded. */
export type Actual = { readonly value: unknown } | undefined;

export const anything: Alternatives = { values: [], isOpen: true };

export const empty: Value = { kind: "empty" };

export const exactly = (value: Value): Alternatives => ({ values: [value], isOpen: false });

export const together = (all: readonly Alternatives[]): Alternatives => ({
  values: all.flatMap(({ values }) => values),
  isOpen: all.some(({ isOpen }) => isOpen),
});

export const written = (node: Expression, scope: Scope): Value => ({ kind: "written", node, scope });

/** The candidate, if there is exactly one and no other value may override it. */
export const onlyOne = ([only, ...others]: readonly Candidate[]): Found | undefined =>
  only === undefined || others.length > 0 || (only.isOpen && only.value !== undefined) ? undefined : only;

export const isFunction = (node: Expression): node is WrittenFunction =>
  node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression";

export const startOf = (node: { readonly start?: number | null | undefined }): number => node.start ?? 0;

/** The candidates for a part of a value; `parent` is the actual value, if it is known. */
export type PartsOf = (whole: Alternatives, step: string | number, parent?: Actual) => readonly Candidate[];
