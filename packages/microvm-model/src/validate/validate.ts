import { left } from "fp-ts/lib/These.js";
import { byOtherName, nearest } from "../common/suggest.js";
import { applyVmDefaults, type Written, writtenPath } from "../compose/vm-defaults.js";
import { configSchema, type Model } from "../config/config.js";
import { type Checked, withProblems } from "../problems/checked.js";
import { edited } from "../problems/edit.js";
import { type ConfigPath, formatPath, type Problem } from "../problems/problem.js";
import { explain } from "./explain.js";
import { literalSecrets } from "./literal-secrets.js";
import { correct, type Corrected, type Misspelt, uncorrected } from "./misspelt.js";
import { at, type Issue, stepsOf } from "./raw-value.js";
import { settingFor } from "./setting-for.js";
import { mend } from "./stand-ins.js";
import { circles, noHosts, unreadableKeys } from "./unreadable.js";

/** The shape of a config: its readable part, its problems, and the mapping of paths to the config as written. */
export interface Validated {
  readonly checked: Checked<Model>;
  /** Misspelt keys with their places; their values are read as those of the intended settings. */
  readonly misspelt: readonly Problem[];
  readonly written: Written;
  /** True if the config has a value at a path. */
  readonly says: (path: ConfigPath) => boolean;
}

/**
 * Checks the shape of a config. Broken parts are left out and the rest continues, so that rules see as much as
 * possible.
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

/** Zod otherwise compiles a function for each schema, which costs more than it saves on a config. */
const interpreted = { jitless: true };

/** Reads a config, repeatedly while there are misspelt keys, because a correction can uncover more of them. */
const read = (corrected: Corrected): Read => {
  const applied = applyVmDefaults(corrected.config);
  const result = configSchema.safeParse(applied, interpreted);
  const found = result.success ? [] : misspeltIn(result.error.issues, applied, writtenPath(corrected.config));
  return found.length === 0 ? { applied, result, corrected } : read(correct(corrected, found));
};

/** Each unknown key that is similar to a setting which the config does not have. */
const misspeltIn = (issues: readonly Issue[], applied: unknown, written: Written): readonly Misspelt[] => {
  const found = new Map<string, Misspelt>();
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const path = stepsOf(issue);
    for (const key of issue.keys) {
      const known = issue.message.split(" ");
      const meant = settingFor(path, key) === undefined ? (byOtherName(key, known) ?? nearest(key, known)) : undefined;
      if (meant === undefined || at(applied, [...path, meant]) !== undefined) continue;
      const place = written([...path, key]);
      const target = formatPath([...place.slice(0, -1), meant]);
      if (!found.has(target)) found.set(target, { path: place, meant });
    }
  }
  return [...found.values()];
};

/** The config without its broken parts, for the rules. */
const mended = (config: unknown, issues: readonly Issue[], problems: readonly Problem[]): Checked<Model> => {
  const rest = configSchema.safeParse(edited(config, issues.flatMap(mend)), interpreted);
  return rest.success ? withProblems(problems, rest.data) : left(problems);
};

/** Problems except those of a secret's text, whose messages would show it. */
const withoutRepeating = (secrets: readonly Problem[], problems: readonly Problem[]): readonly Problem[] => {
  const places = new Set(secrets.map(({ path }) => formatPath(path)));
  return problems.filter(({ path }) => !places.has(formatPath(path)));
};
