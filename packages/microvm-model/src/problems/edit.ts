import type { ConfigPath } from "./problem.js";

/** A change of one entry of a config. */
export interface Edit {
  readonly path: ConfigPath;
  readonly change:
    | { readonly kind: "remove" }
    | { readonly kind: "rename"; readonly to: string }
    | { readonly kind: "set"; readonly value: unknown };
}

interface Part {
  change?: Edit["change"];
  readonly inner: Map<string, Part>;
}

/**
 * Returns a copy of a config with all edits applied in one walk. If edits are nested, only the outer one applies. An
 * edit of a missing entry does nothing, but `set` adds the entry.
 */
export const edited = (config: unknown, edits: readonly Edit[]): unknown => {
  const root: Part = { inner: new Map() };
  for (const { path, change } of edits) {
    let part = root;
    for (const step of path) {
      const next = part.inner.get(String(step)) ?? { inner: new Map<string, Part>() };
      part.inner.set(String(step), next);
      part = next;
    }
    part.change ??= change;
  }
  return apply(config, root);
};

const apply = (value: unknown, { change, inner }: Part): unknown => {
  if (change !== undefined) return change.kind === "set" ? change.value : undefined;
  if (inner.size === 0 || !isContainer(value)) return value;
  if (Array.isArray(value))
    return withMarks(
      value,
      value.map((item: unknown, position) => {
        const part = inner.get(String(position));
        return part === undefined ? item : apply(item, part);
      }),
    );
  const kept = Object.entries(value).flatMap(([key, held]): readonly (readonly [string, unknown])[] => {
    const part = inner.get(key);
    if (part === undefined) return [[key, held]];
    if (part.change?.kind === "rename") return [[part.change.to, held]];
    return part.change === undefined ? [[key, apply(held, part)]] : [];
  });
  const added = [...inner].flatMap(([key, { change: own }]) =>
    own?.kind === "set" ? [[key, own.value] as const] : [],
  );
  return withMarks(value, Object.fromEntries([...kept, ...added]));
};

/** True for plain data; false for Nix and for instances of classes. */
const isContainer = (value: unknown): value is object => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** `replace` and `unset` mark values with symbols. */
const withMarks = <A extends object>(from: object, copy: A): A => {
  for (const mark of Object.getOwnPropertySymbols(from))
    Object.defineProperty(copy, mark, Object.getOwnPropertyDescriptor(from, mark) ?? {});
  return copy;
};
