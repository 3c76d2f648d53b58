import { isPlain } from "../common/is-record.js";
import { didYouMean, meant as meantBy } from "../common/suggest.js";
import { type ConfigPath, formatPath, type Problem } from "../problems/problem.js";
import type { ScalarRefusal } from "../scalars/scalars.js";
import { unknownSetting } from "./misspelt.js";
import { at, describe, type Issue, show, stepsOf } from "./raw-value.js";
import { settingFor } from "./setting-for.js";
import { badValue } from "../problems/bad-value.js";
import { missingKey } from "../problems/missing-key.js";
import { wrongType } from "../problems/wrong-type.js";

export const explain = (issue: Issue, input: unknown): readonly Problem[] => {
  const path = stepsOf(issue);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys
        .filter((key) => key !== "__proto__")
        .map((key) =>
          unknownSetting([...path, key], settingFor(path, key) ?? didYouMean(key, issue.message.split(" "))),
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
          ? badValue(path, "The list has the wrong length", `Give ${least} item.`)
          : badValue(path, `${show(at(input, path))} is out of range`, `Use ${least}.`),
      ];
    }
    case "invalid_type":
      return [
        at(input, path) === undefined
          ? missing(path)
          : unexpected(path, issue.expected, at(input, path), remedyOfSchema(issue)),
      ];
    default:
      return [badValue(path, issue.message, "Write a value of the documented form.")];
  }
};

const refusal = (path: ConfigPath, issue: Issue & { readonly code: "custom" }): Problem => {
  const refused = issue.params as ScalarRefusal | undefined;
  return refused === undefined
    ? wrongType(path, issue.message, "Write text, or a Nix expression built with the AST.")
    : badValue(path, issue.message, refused.remedy);
};

const badChoice = (path: ConfigPath, given: unknown, choices: readonly string[]): Problem => {
  if (given === undefined) return missing(path);
  const remedy = typeof given === "string" ? didYouMean(given, choices) : `Use one of: ${choices.join(", ")}.`;
  return badValue(path, `${show(given)} is not one of the choices`, remedy);
};

const missing = (path: ConfigPath): Problem =>
  path.length === 0
    ? wrongType(path, "The config is missing", "Export a config as the default export.")
    : missingKey(path, `\`${formatPath(path.slice(-1))}\` is missing`, `Set \`${formatPath(path.slice(-1))}\`.`);

const unexpected = (path: ConfigPath, expected: string, given: unknown, known: string | undefined): Problem =>
  wrongType(
    path,
    `Expected ${nouns[expected] ?? expected}, found ${describe(given)}`,
    known ?? remedyFor(given, nouns[expected] ?? expected),
  );

/** The remedy of a schema, if it is not a message of the library. */
const remedyOfSchema = ({ message }: Issue): string | undefined =>
  message.startsWith("Invalid input") ? undefined : message;

/** Remedies for common mistakes: a function that is not called, a release as a number, a number as text. */
const remedyFor = (given: unknown, wanted: string): string => {
  if (typeof given === "function") return given.name === "" ? "Call it." : `Call it: ${given.name}().`;
  if (typeof given === "number" && !Number.isInteger(given) && wanted === nouns["string"]) return "Put it in quotes.";
  if (typeof given === "string" && /^\d+$/.test(given) && wanted.includes("number"))
    return `Write ${given} without quotes.`;
  if (wanted === nouns["array"] && given !== null)
    return `Put it in a list: [${isPlain(given) ? "{ … }" : show(given)}].`;
  return `Write ${wanted}.`;
};

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
 * The branch of a union that the value was meant for: the one that fails deepest inside or only in a detail. If no
 * branch has the type of the value, the message names all types.
 */
const explainUnion = (
  issue: Issue & { readonly code: "invalid_union" },
  input: unknown,
  path: ConfigPath,
): readonly Problem[] => {
  if ("options" in issue)
    return [badChoice(path, at(input, path), issue.options.filter((option) => option !== undefined).map(String))];
  const meant = issue.errors.find((branch) => !branch.some(isTypeMismatch));
  if (meant !== undefined && meant.length > 0)
    return meant.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, input));
  const given = at(input, path);
  if (given === undefined) return [missing(path)];
  const names = issue.errors.flat().flatMap(choicesOf);
  const known = remedyOfSchema(issue);
  if (typeof given === "string" && names.length > 0 && (known === undefined || meantBy(given, names).length > 0))
    return [badChoice(path, given, names)];
  const kinds = new Set(issue.errors.flat().flatMap(expectations));
  const wanted = [...kinds].join(" or ");
  return [wrongType(path, `Expected ${wanted}, found ${describe(given)}`, known ?? remedyFor(given, wanted))];
};

const isTypeMismatch = (issue: Issue): boolean =>
  issue.path.length === 0 &&
  (issue.code === "invalid_type" ||
    issue.code === "invalid_value" ||
    (issue.code === "custom" && issue.params === undefined) ||
    (issue.code === "invalid_union" && issue.errors.every((branch) => branch.some(isTypeMismatch))));

/** The texts that any branch accepts. */
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
