import { left } from "fp-ts/lib/These.js";
import type { z } from "zod";
import { type Checked, withProblems } from "./checked.js";
import { configSchema, type Model } from "./config.js";
import { type ConfigPath, error, formatPath, type Problem } from "./problem.js";
import type { ScalarRefusal } from "./scalars.js";
import { didYouMean } from "./suggest.js";

type Issue = z.core.$ZodIssue;

/**
 * Whether the config has the right shape. Where it has not, the broken parts are left out and the rest goes on, so that
 * the rules see what they can.
 */
export const validate = (input: unknown): Checked<Model> => {
  const result = configSchema.safeParse(input);
  const problems = result.success
    ? noHosts(result.data)
    : result.error.issues.flatMap((issue) => explain(issue, input));
  const model = result.success ? result.data : salvage(input, result.error.issues);
  return model === undefined ? left(problems) : withProblems(problems, model);
};

const noHosts = (model: Model): readonly Problem[] =>
  Object.keys(model.hosts).length > 0
    ? []
    : [error("empty-hosts", ["hosts"], "The config has no host", "Describe at least one host below `hosts`.")];

/** The model without the hosts and inputs that have a part of the wrong shape. */
const salvage = (input: unknown, issues: readonly Issue[]): Model | undefined => {
  const broken = issues.map((issue) => issue.path);
  if (!isRecord(input) || broken.some((path) => path.length < 2)) return undefined;
  const without = (section: string): unknown => {
    const entries = input[section];
    return isRecord(entries)
      ? Object.fromEntries(
          Object.entries(entries).flatMap(([name, value]) => {
            const below = broken.filter((path) => path[0] === section && path[1] === name).map((path) => path.slice(2));
            return below.length === 0 ? [[name, value]] : section === "hosts" ? salvageHost(name, value, below) : [];
          }),
        )
      : entries;
  };
  const result = configSchema.safeParse({ ...input, inputs: without("inputs"), hosts: without("hosts") });
  return result.success ? result.data : undefined;
};

/** A host without its broken VMs, or no host where more is broken. */
const salvageHost = (name: string, host: unknown, broken: readonly (readonly PropertyKey[])[]): [string, unknown][] => {
  if (!isRecord(host) || !isRecord(host["vms"])) return [];
  if (broken.some((path) => path[0] !== "vms" || path.length < 2)) return [];
  const names = new Set(broken.map((path) => path[1]));
  return [[name, { ...host, vms: Object.fromEntries(Object.entries(host["vms"]).filter(([vm]) => !names.has(vm))) }]];
};

const explain = (issue: Issue, input: unknown): readonly Problem[] => {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) =>
        error(
          "unknown-key",
          [...path, key],
          `There is no setting ${JSON.stringify(key)} here`,
          didYouMean(key, issue.message.split(" ")),
        ),
      );
    case "custom":
      return [refusal(path, issue)];
    case "invalid_union":
      return explainUnion(issue, input, path);
    case "invalid_value":
      return [badChoice(path, at(input, path), issue.values.map(String))];
    case "too_small":
    case "too_big": {
      const bound = issue.code === "too_small" ? issue.minimum : issue.maximum;
      const side = issue.code === "too_small" ? "at least" : "at most";
      const least = `${side} ${String(issue.inclusive === false ? Number(bound) + (issue.code === "too_small" ? 1 : -1) : bound)}`;
      return [
        issue.origin === "array"
          ? error("bad-value", path, "The list has the wrong length", `Give ${least} item.`)
          : error("bad-value", path, `${show(at(input, path))} is out of range`, `Use ${least}.`),
      ];
    }
    case "invalid_type":
      return [at(input, path) === undefined ? missing(path) : wrongType(path, issue.expected, at(input, path))];
    default:
      return [error("bad-value", path, issue.message, "Write a value of the documented form.")];
  }
};

const refusal = (path: ConfigPath, issue: Issue & { readonly code: "custom" }): Problem => {
  const { code, remedy } = (issue.params ?? wrongNix) as unknown as ScalarRefusal;
  return error(code, path, issue.message, remedy);
};

/** The one custom check without words of its own: `z.custom` for Nix expressions. */
const wrongNix: ScalarRefusal = { code: "wrong-type", remedy: "Write text, or a Nix expression built with the AST." };

const badChoice = (path: ConfigPath, given: unknown, choices: readonly string[]): Problem => {
  if (given === undefined) return missing(path);
  const remedy = typeof given === "string" ? didYouMean(given, choices) : `Use one of: ${choices.join(", ")}.`;
  return error("bad-value", path, `${show(given)} is not a choice here`, remedy);
};

const missing = (path: ConfigPath): Problem =>
  path.length === 0
    ? error("wrong-type", path, "The config is missing", "Export a config as the default export.")
    : error("missing-key", path, `${formatPath(path)} is missing`, "Set it.");

const wrongType = (path: ConfigPath, expected: string, given: unknown): Problem =>
  error(
    "wrong-type",
    path,
    `Expected ${nouns[expected] ?? expected}, found ${describe(given)}`,
    `Write ${nouns[expected] ?? expected}.`,
  );

const nouns: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/**
 * The branch of a union that the value was meant for: the one that fails deepest inside or only in a detail. Where the
 * value is of no branch's type, all types are named.
 */
const explainUnion = (
  issue: Issue & { readonly code: "invalid_union" },
  input: unknown,
  path: ConfigPath,
): readonly Problem[] => {
  if ("options" in issue) return [badChoice(path, at(input, path), issue.options.map(String))];
  const meant = issue.errors.find((branch) => !branch.some(isTypeMismatch));
  if (meant !== undefined && meant.length > 0)
    return meant.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, input));
  const given = at(input, path);
  if (given === undefined) return [missing(path)];
  const names = issue.errors.flat().flatMap(choicesOf);
  if (typeof given === "string" && names.length > 0) return [badChoice(path, given, names)];
  const kinds = new Set(issue.errors.flat().flatMap(expectations));
  const wanted = [...kinds].join(" or ");
  return [error("wrong-type", path, `Expected ${wanted}, found ${describe(given)}`, `Write ${wanted}.`)];
};

const isTypeMismatch = (issue: Issue): boolean =>
  issue.path.length === 0 &&
  (issue.code === "invalid_type" ||
    issue.code === "invalid_value" ||
    (issue.code === "custom" && issue.params === undefined) ||
    (issue.code === "invalid_union" && issue.errors.every((branch) => branch.some(isTypeMismatch))));

/** The texts that some branch would take. */
const choicesOf = (issue: Issue): readonly string[] => {
  if (issue.code === "invalid_union") return issue.errors.flat().flatMap(choicesOf);
  return issue.code === "invalid_value" ? issue.values.filter((choice) => typeof choice === "string") : [];
};

const expectations = (issue: Issue): readonly string[] => {
  switch (issue.code) {
    case "invalid_type":
      return [nouns[issue.expected] ?? issue.expected];
    case "invalid_value":
      return issue.values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value)));
    case "custom":
      return ["a Nix expression"];
    case "invalid_union":
      return issue.errors.flat().flatMap(expectations);
    default:
      return [];
  }
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const at = (input: unknown, path: ConfigPath): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined,
    input,
  );

const describe = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return show(value);
  return `a value of type ${typeof value}`;
};

const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : describe(value);
};
