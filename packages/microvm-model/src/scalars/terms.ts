import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import { isPlain, isRecord } from "../common/is-record.js";
import { isNode } from "../common/nix-node.js";
import * as scalar from "./scalars.js";

/**
 * A NixOS or home-manager module: a path relative to the config file (`"./configuration.nix"`), an attribute of a flake
 * input (`"stapelbergnix.lib.userSettings"`), or Nix built with `ast`, in which a guest's or home's module may name
 * `inputs`.
 */
export type Module = string | Expr;

/**
 * A package: its attribute below `pkgs` (`"ripgrep"`, `"python3Packages.requests"`), or Nix built with `ast`, with
 * `pkgs`, `lib` and `inputs` in scope.
 */
export type Package = string | Expr;

/** Text, or Nix built with `ast` that evaluates to text, with `pkgs`, `lib`, `config` and `inputs` in scope. */
export type NixText = string | Expr;

/** Data as in JSON, with Nix built with `ast` anywhere in it. */
export type NixData =
  string | number | boolean | null | Expr | readonly NixData[] | { readonly [name: string]: NixData };

/**
 * An object that refuses unknown keys. Its message lists the known keys, from which `validate` finds the intended one;
 * for a value of another type, the message is the remedy.
 */
export const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape, remedy?: (given: unknown) => string) =>
  z.strictObject(shape, {
    error: ({ code, input }) => (code === "unrecognized_keys" ? Object.keys(shape).join(" ") : remedy?.(input)),
  });

/** Nix built with `ast` or the `nix` template. */
export const nixExpression = z.custom<Expr>(
  (value) => typeof value === "object" && value !== null && isNode(value),
  "expected a Nix expression",
);

/** Text that Nix can hold, or Nix. */
export const nixTextSchema = z.union([scalar.anyText, nixExpression]);

const isData = (value: unknown): value is NixData => {
  switch (typeof value) {
    case "string":
      return scalar.anyText.safeParse(value).success;
    case "number":
      return Number.isFinite(value);
    case "boolean":
      return true;
    case "object":
      if (value === null || isNode(value)) return true;
      return Array.isArray(value) ? value.every(isData) : isPlain(value) && Object.values(value).every(isData);
    default:
      return false;
  }
};

/** Data as in JSON, with Nix anywhere in it. */
export const nixDataSchema = z.custom<NixData>(isData, {
  error: "The value is not JSON-like data",
  params: {
    remedy: "Use JSON-like data, or Nix expressions built with `ast`.",
  } satisfies scalar.ScalarRefusal,
});

/** Entries in code-unit order, so that the order in a config changes nothing. */
const sortKeys = <A>(entries: Record<string, A>): Record<string, A> =>
  Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Values by name. Names are checked with `key`; values are checked even if a name is wrong. */
export const record = <Value extends z.ZodType>(key: z.ZodType<unknown, string>, value: Value) => {
  const names = z.check<Record<string, unknown>>(({ value: entries, issues }) => {
    if (!isRecord(entries)) return;
    for (const name of Object.keys(entries))
      for (const issue of key.safeParse(name).error?.issues ?? [])
        if (issue.code === "custom") issues.push({ ...issue, path: [name], input: name });
  });
  names._zod.def.when = () => true;
  return z
    .record(z.string(), value)
    .check(names)
    .meta({ propertyNames: { type: "string", ...key.meta() } })
    .transform(sortKeys);
};

/** A value, or the name of a row of a table. */
export const named = <Name extends string, Row extends z.ZodType>(
  table: Readonly<Record<Name, z.input<Row>>>,
  row: Row,
): z.ZodType<z.output<Row>, Name | z.input<Row>> =>
  z.union([z.enum(Object.keys(table) as [Name, ...Name[]]).transform((name) => row.parse(table[name])), row]);

/** A NixOS or home-manager module: a path from the config file, an input's attribute, or Nix. */
export const moduleSchema = z.union([scalar.moduleReference, nixExpression]);

/** A package: its attribute below `pkgs`, or Nix. */
export const packageSchema = z.union([scalar.packageName, nixExpression]);

/** A numeric id. Host and guest must agree on it, because virtiofs transfers ids as numbers. */
export const id = z.int().min(1).max(4_294_967_294);

export const port = z.int().min(1).max(65535);
