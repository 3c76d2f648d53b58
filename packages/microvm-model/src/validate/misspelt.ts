import { edited } from "../problems/edit.js";
import { type ConfigPath, formatPath, type Problem } from "../problems/problem.js";
import type { Written } from "../compose/vm-defaults.js";
import { unknownKey } from "../problems/unknown-key.js";

/** An unknown key, and the setting that it most likely means. */
export interface Misspelt {
  /** The path, with the misspelt key in an otherwise corrected path. */
  readonly path: ConfigPath;
  readonly meant: string;
}

/**
 * A config with corrected keys, so that a misspelt setting does not also count as missing; the mapping to the config as
 * written; and the problems.
 */
export interface Corrected {
  readonly config: unknown;
  readonly asWritten: Written;
  readonly problems: readonly Problem[];
}

export const uncorrected = (config: unknown): Corrected => ({ config, asWritten: (path) => path, problems: [] });

/** Applies further corrections. */
export const correct = ({ config, asWritten, problems }: Corrected, found: readonly Misspelt[]): Corrected => {
  const keys = new Map(found.map(({ path, meant }) => [keyOf([...path.slice(0, -1), meant]), String(path.at(-1))]));
  const before: Written = (path) =>
    asWritten(path.map((step, position) => keys.get(keyOf(path.slice(0, position + 1))) ?? step));
  return {
    config: edited(
      config,
      found.map(({ path, meant }) => ({ path, change: { kind: "rename", to: meant } })),
    ),
    asWritten: before,
    problems: [
      ...problems,
      ...found.map(({ path, meant }) => unknownSetting(asWritten(path), `Did you mean ${JSON.stringify(meant)}?`)),
    ],
  };
};

/** Reports the unknown key at the end of a path. */
export const unknownSetting = (path: ConfigPath, remedy: string): Problem =>
  unknownKey(path, `Unknown setting ${JSON.stringify(path.at(-1))}`, remedy);

const keyOf = (path: ConfigPath): string => path.map(String).join("\0");

/** Problems without the consequences of an unknown key near them. */
export const withoutConsequences = <P extends Problem>(problems: readonly P[]): readonly P[] => {
  const scopes = new Set(
    problems.filter(({ code }) => code === "unknown-key").map(({ path }) => formatPath(scopeOf(path))),
  );
  if (scopes.size === 0) return problems;
  const isConsequence = ({ code, path, isOfAbsence }: Problem): boolean =>
    (code === "unknown-input" && scopes.has("")) ||
    (isOfAbsence === true && path.some((_, length) => length > 0 && scopes.has(formatPath(path.slice(0, length)))));
  return problems.filter((problem) => !isConsequence(problem));
};

/** The part of a config that an unknown key may describe; for a key of `vmDefaults`, the whole host. */
const scopeOf = (path: ConfigPath): ConfigPath => (path[2] === "vmDefaults" ? path.slice(0, 2) : path.slice(0, -1));
