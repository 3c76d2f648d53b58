import { left } from "fp-ts/lib/These.js";
import type { z } from "zod";
import { type Checked, withProblems } from "../problems/checked.js";
import { configSchema, type Model } from "../config/config.js";
import { isNode } from "../common/nix-node.js";
import { type Edit, edited } from "../problems/edit.js";
import { literalSecrets } from "./literal-secrets.js";
import { correct, type Corrected, type Misspelt, uncorrected, unknownKey } from "./misspelt.js";
import { type ConfigPath, error, formatPath, type Problem } from "../problems/problem.js";
import { hostSettings, settingsOf, vmSettings } from "../catalogue/microvm-options.js";
import type { ScalarRefusal } from "../scalars/scalars.js";
import { didYouMean, meant as meantBy, nearest } from "../common/suggest.js";
import { applyVmDefaults, type Written, writtenPath } from "../compose/vm-defaults.js";

type Issue = z.core.$ZodIssue;

/** The shape of a config: what can be read of it, its problems, and where a path of what was read is written. */
export interface Validated {
  readonly checked: Checked<Model>;
  /** Keys that are misspelt, at their places; what they hold is read as of the settings that were meant. */
  readonly misspelt: readonly Problem[];
  readonly written: Written;
  /** Whether the config says something at a path. */
  readonly says: (path: ConfigPath) => boolean;
}

/**
 * Whether the config has the right shape. Where it has not, what is broken is left out and the rest goes on, so that
 * the rules see what they can.
 */
export const validate = (input: unknown): Validated => {
  const circular = circles(input, [], []);
  if (circular.length > 0) return { checked: left(circular), misspelt: [], written: (path) => path, says: () => false };
  const { applied, result, corrected } = read(uncorrected(input));
  const defaults = writtenPath(corrected.config);
  const secrets = literalSecrets(applied);
  const hidden = [...unreadableKeys(applied, []), ...secrets, ...noHosts(corrected.config)];
  return {
    checked: result.success
      ? withProblems(hidden, result.data)
      : mended(applied, result.error.issues, [
          ...hidden,
          ...withoutRepeating(
            secrets,
            result.error.issues.flatMap((issue) => explain(issue, applied)),
          ),
        ]),
    misspelt: corrected.problems,
    written: (path) => corrected.asWritten(defaults(path)),
    says: (path) => at(applied, path) !== undefined,
  };
};

interface Read {
  readonly applied: unknown;
  readonly result: ReturnType<typeof configSchema.safeParse>;
  readonly corrected: Corrected;
}

/** Reads a config, again as long as misspelt keys are found: correcting one brings to light what lies below. */
const read = (corrected: Corrected): Read => {
  const applied = applyVmDefaults(corrected.config);
  const result = configSchema.safeParse(applied);
  const found = result.success ? [] : misspeltIn(result.error.issues, applied, writtenPath(corrected.config));
  return found.length === 0 ? { applied, result, corrected } : read(correct(corrected, found));
};

/** Each unknown key that is near a setting that is not there otherwise. */
const misspeltIn = (issues: readonly Issue[], applied: unknown, written: Written): readonly Misspelt[] => {
  const found = new Map<string, Misspelt>();
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const path = stepsOf(issue);
    for (const key of issue.keys) {
      const meant = settingFor(path, key) === undefined ? nearest(key, issue.message.split(" ")) : undefined;
      if (meant === undefined || at(applied, [...path, meant]) !== undefined) continue;
      const place = written([...path, key]);
      const target = formatPath([...place.slice(0, -1), meant]);
      if (!found.has(target)) found.set(target, { path: place, meant });
    }
  }
  return [...found.values()];
};

/** The config without what is broken, for the rules. */
const mended = (config: unknown, issues: readonly Issue[], problems: readonly Problem[]): Checked<Model> => {
  const rest = configSchema.safeParse(edited(config, issues.flatMap(mend)));
  return rest.success ? withProblems(problems, rest.data) : left(problems);
};

/** Problems but for those of a secret's text, which their words would show. */
const withoutRepeating = (secrets: readonly Problem[], problems: readonly Problem[]): readonly Problem[] => {
  const places = new Set(secrets.map(({ path }) => formatPath(path)));
  return problems.filter(({ path }) => !places.has(formatPath(path)));
};

/** Where a config holds what it lies in, which no walk through it would come to the end of. */
const circles = (value: unknown, path: ConfigPath, around: readonly object[]): readonly Problem[] => {
  if (typeof value !== "object" || value === null || isNode(value)) return [];
  if (around.includes(value))
    return [error("wrong-type", path, "This holds itself", "Write out what it is to hold, as far as it goes.")];
  const inside = [...around, value];
  return Object.entries(value).flatMap(([key, inner]) =>
    circles(inner, [...path, Array.isArray(value) ? Number(key) : key], inside),
  );
};

const noHosts = (input: unknown): readonly Problem[] =>
  isRecord(input) && isRecord(input["hosts"]) && Object.keys(input["hosts"]).length === 0
    ? [error("empty-hosts", ["hosts"], "`hosts` is empty", "Describe at least one host below `hosts`.")]
    : [];

/** Keys that JSON can hold and JavaScript reads past. */
const unreadableKeys = (value: unknown, path: ConfigPath): readonly Problem[] => {
  if (typeof value !== "object" || value === null || isNode(value)) return [];
  return [
    ...(Object.hasOwn(value, "__proto__")
      ? [error("unknown-key", [...path, "__proto__"], "Nothing can be called __proto__", "Choose another name.")]
      : []),
    ...Object.entries(value).flatMap(([key, inner]) =>
      key === "__proto__" ? [] : unreadableKeys(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
};

/** Takes out what an issue speaks of, or puts a stand-in in its place. */
const mend = (issue: Issue): readonly Edit[] => {
  const path = stepsOf(issue);
  if (issue.code === "unrecognized_keys" && path[0] !== "inputs")
    return issue.keys.map((key) => ({ path: [...path, key], change: { kind: "remove" } }));
  const [section, name, field, entry, setting] = path;
  const without = (steps: number): readonly Edit[] => [{ path: path.slice(0, steps), change: { kind: "remove" } }];
  const instead = (steps: number, value: unknown): readonly Edit[] => [
    { path: path.slice(0, steps), change: { kind: "set", value } },
  ];
  if (section === "inputs" && name !== undefined) return instead(2, standIns.input);
  if (section !== "hosts" || name === undefined) return without(1);
  switch (field) {
    case undefined:
      return without(2);
    case "stateVersion":
      return instead(3, standIns.stateVersion);
    case "user":
      return instead(3, standIns.user);
    case "bridges":
      // Every VM would seem to name a bridge that is not there.
      return without(2);
    case "vms":
      if (entry === undefined) return without(3);
      return without(setting === undefined || setting === "interfaces" ? 4 : 5);
    default:
      return without(3);
  }
};

/** What the rules take for a broken part that others depend on. */
const standIns = {
  input: { url: "path:." },
  stateVersion: "00.00",
  user: { name: "user", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx"] },
};

const stepsOf = ({ path }: Issue): ConfigPath => path.map((step) => (typeof step === "number" ? step : String(step)));

const explain = (issue: Issue, input: unknown): readonly Problem[] => {
  const path = stepsOf(issue);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys
        .filter((key) => key !== "__proto__")
        .map((key) => unknownKey([...path, key], settingFor(path, key) ?? didYouMean(key, issue.message.split(" "))));
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
      return [
        at(input, path) === undefined
          ? missing(path)
          : wrongType(path, issue.expected, at(input, path), remedyOfSchema(issue)),
      ];
    default:
      return [error("bad-value", path, issue.message, "Write a value of the documented form.")];
  }
};

/** What microvm.nix calls `mem` is `memoryMiB` here: the remedy for an option by name that has a setting of its own. */
const settingFor = (path: ConfigPath, key: string): string | undefined => {
  const below = path.indexOf("microvm", 2);
  if (path[0] !== "hosts" || below < 0) return undefined;
  const [settings, from] =
    (path[2] === "vms" && below === 4) || path[2] === "vmDefaults"
      ? [vmSettings, "the VM"]
      : [hostSettings, "the host"];
  const found = settingsOf(settings, [...path.slice(below + 1), key].join("."));
  return found.length === 0
    ? undefined
    : `Use ${found.map((setting) => `\`${setting}\``).join(", ")} of ${from} itself.`;
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
    : error("missing-key", path, `\`${formatPath(path.slice(-1))}\` is missing`, "Set it.");

const wrongType = (path: ConfigPath, expected: string, given: unknown, known: string | undefined): Problem =>
  error(
    "wrong-type",
    path,
    `Expected ${nouns[expected] ?? expected}, found ${describe(given)}`,
    known ?? remedyFor(given, nouns[expected] ?? expected),
  );

/** What a schema says itself in place of the library's own words. */
const remedyOfSchema = ({ message }: Issue): string | undefined =>
  message.startsWith("Invalid input") ? undefined : message;

/** Functions that make a setting are easily named instead of called, releases written as numbers and numbers as text. */
const remedyFor = (given: unknown, wanted: string): string => {
  if (typeof given === "function") return given.name === "" ? "Call it." : `Call it: ${given.name}().`;
  if (typeof given === "number" && !Number.isInteger(given) && wanted === nouns["string"]) return "Put it in quotes.";
  if (typeof given === "string" && /^\d+$/.test(given) && wanted.includes("number"))
    return `Write ${given} without quotes.`;
  if (wanted === nouns["array"] && given !== null)
    return `Put it in a list: [${isRecord(given) ? "{ … }" : show(given)}].`;
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
 * The branch of a union that the value was meant for: the one that fails deepest inside or only in a detail. Where the
 * value is of no branch's type, all types are named.
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
  if (typeof given === "string" && names.length > 0 && (known === undefined || meantBy(given, names) !== undefined))
    return [badChoice(path, given, names)];
  const kinds = new Set(issue.errors.flat().flatMap(expectations));
  const wanted = [...kinds].join(" or ");
  return [error("wrong-type", path, `Expected ${wanted}, found ${describe(given)}`, known ?? remedyFor(given, wanted))];
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

const isRecord = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const at = (input: unknown, path: ConfigPath): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined,
    input,
  );

const describe = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return isRecord(value) ? "an object" : `a ${value.constructor.name}`;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return show(value);
  return `a value of type ${typeof value}`;
};

const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : describe(value);
};
