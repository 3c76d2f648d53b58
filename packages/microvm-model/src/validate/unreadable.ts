import { isNode } from "../common/nix-node.js";
import type { ConfigPath, Problem } from "../problems/problem.js";
import { isPlain } from "../common/is-record.js";
import { badValue } from "../problems/bad-value.js";
import { unknownKey } from "../problems/unknown-key.js";
import { wrongType } from "../problems/wrong-type.js";

/** Objects that contain themselves; a walk through the config would not end. */
export const circles = (value: unknown, path: ConfigPath, around: readonly object[]): readonly Problem[] => {
  if (typeof value !== "object" || value === null || isNode(value)) return [];
  if (around.includes(value))
    return [wrongType(path, "The value contains itself", "Write the value without the cycle.")];
  const inside = [...around, value];
  return Object.entries(value).flatMap(([key, inner]) =>
    circles(inner, [...path, Array.isArray(value) ? Number(key) : key], inside),
  );
};

export const noHosts = (input: unknown): readonly Problem[] =>
  isPlain(input) && isPlain(input["hosts"]) && Object.keys(input["hosts"]).length === 0
    ? [badValue(["hosts"], "`hosts` is empty", "Add at least one host to `hosts`.")]
    : [];

/** Keys that are possible in JSON, but have a special meaning in JavaScript. */
export const unreadableKeys = (value: unknown, path: ConfigPath): readonly Problem[] => {
  if (typeof value !== "object" || value === null || isNode(value)) return [];
  return [
    ...(Object.hasOwn(value, "__proto__")
      ? [unknownKey([...path, "__proto__"], "__proto__ is not a valid name", "Choose another name.")]
      : []),
    ...Object.entries(value).flatMap(([key, inner]) =>
      key === "__proto__" ? [] : unreadableKeys(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
};
