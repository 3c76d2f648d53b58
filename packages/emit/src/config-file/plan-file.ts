import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Plan, Problem, Rule } from "@microvm-emit/model";
import * as model from "@microvm-emit/model";
import { moduleMissing, whereWritten } from "@microvm-emit/model/internal";
import * as nixAst from "@microvm-emit/nix-ast";
import { compile, plan, type PlannedConfig } from "../emit.js";
import { gitDirOf } from "../fs/source-tree.js";
import { withoutLinks } from "../fs/without-links.js";
import * as self from "../index.js";
import type { OutputFile } from "../output-file.js";
import type { Findings } from "../report/diagnostic.js";
import { Failed, failuresOf } from "../report/failure.js";
import { grouped } from "../report/group-problems.js";
import { diagnosticOf } from "../report/problem-diagnostic.js";
import { hostSources } from "./host-sources.js";
import { load, requireQuietConfig } from "./load.js";
import { oncePer } from "./once.js";
import type { Texts } from "../fs/read-text.js";
import { locateProblems } from "./locate/locate-problems.js";
import { type LockFile, adoptLock, readLockFile } from "./lock-file.js";
import { type Places, placesFor } from "./places.js";
import { plannedPaths } from "./planned-paths.js";
import { watched } from "./watch.js";

/** A config as loaded, not validated yet, with its lock. */
export interface LoadedFile {
  /** The paths of the config, its lock and its flake. */
  readonly places: Places;
  /** Plain data. */
  readonly config: unknown;
  /** The lock beside the config. */
  readonly lockFile: LockFile;
}

/** A config with its plan. */
export interface PlannedFile extends LoadedFile {
  /** The plan, its lock and warnings. */
  readonly planned: PlannedConfig<string>;
  /** Compiles a plan, by default the config's; lazy, because some commands only need the plan. */
  readonly files: (plan?: Plan) => readonly OutputFile[];
  /** The warnings of the config. */
  readonly findings: Findings;
}

/** Modules that a config may import from this program. It shares the instances that read it. */
export const ownModules = {
  "microvm-emit": self,
  "microvm-emit/ast": nixAst,
  "@microvm-emit/model": model,
  "@microvm-emit/nix-ast": nixAst,
};

/**
 * Loads, validates and resolves a config file with its lock.
 *
 * @param typed the places that the command line names.
 * @param require a check of the command, whose failures are reported together with those of the config.
 * @param texts texts that take the place of the config's files.
 * @throws {Failed} with every failure and problem at once.
 */
export const planFile = async (
  typed: Places,
  require: (places: Places) => void = () => undefined,
  texts?: Texts,
): Promise<PlannedFile> => watched(typed.config, async () => planLoaded(await loadFile(typed, require, texts), texts));

/** Validates and resolves a loaded config. Throws {@link Failed} with every problem at once. */
export const planLoaded = async (
  loaded: LoadedFile,
  texts?: Texts,
  rules: readonly Rule[] = [],
): Promise<PlannedFile> => {
  const { places, config, lockFile } = loaded;
  const planned = plan(config, {
    lock: lockFile.lock,
    earlierLocks: lockFile.earlier,
    sources: hostSources(config, places),
    realPath: withoutLinks,
    gitDirOf,
    rules,
  });
  const problems = planned._tag === "Left" ? planned.left : missingModules(planned.right, places.configDir);
  if (planned._tag === "Left" || problems.length > 0) {
    const warnings = planned._tag === "Left" ? [] : planned.right.warnings;
    const located = await locateProblems(places.config, config, [...problems, ...warnings], texts);
    throw new Failed({ kind: "config-problems", problems: grouped(located) });
  }
  const findings = await findingsOf(places.config, config, planned.right, texts);
  // The last check for stray errors before anything is written.
  await requireQuietConfig(places.config);
  const configFile = relative(places.outputDir, places.config);
  const compiled = oncePer((of: Plan) => compile(of, { configFile }));
  return {
    ...loaded,
    planned: planned.right,
    files: (changed = planned.right.plan) => compiled(changed),
    findings,
  };
};

/**
 * Loads a config file and its lock.
 *
 * @throws {Failed} with the failures of both, and of the requirement.
 */
export const loadFile = async (
  typed: Places,
  require: (places: Places) => void = () => undefined,
  texts?: Texts,
): Promise<LoadedFile> => {
  const { config, lockFile } = await loadAll(typed, require, texts);
  return { places: placesFor(typed, config), config, lockFile };
};

/** A config from a program instead of its file, with the lock beside the file. Throws {@link Failed}. */
export const withoutFile = async (typed: Places, config: unknown): Promise<LoadedFile> => ({
  places: placesFor(typed, config),
  config,
  lockFile: await adoptLock(await readLockFile(typed.lock), config),
});

/** Loads the config and its lock. Throws their failures and the requirement's together. */
const loadAll = async (
  places: Places,
  require: (places: Places) => void,
  texts: Texts | undefined,
): Promise<{ readonly config: unknown; readonly lockFile: LockFile }> => {
  const loading = load(places.config, ownModules, { texts });
  const requiring = loading
    .catch(() => undefined)
    .then((loaded) => {
      require(placesFor(places, loaded));
    });
  const [config, lockFile, required] = await Promise.allSettled([loading, readLockFile(places.lock), requiring]);
  if (config.status === "rejected" || lockFile.status === "rejected" || required.status === "rejected") {
    const failures = [config, lockFile, required].flatMap((settled) =>
      settled.status === "rejected" ? failuresOf(settled.reason) : [],
    );
    // Without a config, its lock and output directory do not matter.
    const missing = failures.filter(({ kind }) => kind === "config-missing");
    const [first, ...others] = missing.length > 0 ? missing : failures;
    throw first === undefined ? new Error("A rejected promise has no failure.") : new Failed(first, ...others);
  }
  return { config: config.value, lockFile: await adoptLock(lockFile.value, config.value) };
};

/** Problems of modules that do not exist; the model cannot read the disk. */
const missingModules = ({ plan, written }: PlannedConfig<string>, configDir: string): readonly Problem[] =>
  whereWritten(missingPaths(plan, configDir), written);

const missingPaths = (plan: Plan, configDir: string): readonly Problem[] =>
  plannedPaths(plan)
    .filter(({ path }) => !existsSync(resolve(configDir, path)))
    .map(({ path, at }) => moduleMissing(at, path));

/** Locates and groups the warnings of a plan. */
export const findingsOf = async (
  file: string,
  config: unknown,
  { warnings, silenced }: PlannedConfig<string>,
  texts: Texts | undefined,
): Promise<Findings> => {
  const found = await locateProblems(file, config, [...warnings, ...silenced], texts);
  return {
    problems: grouped(found.slice(0, warnings.length)).map(diagnosticOf),
    silenced: grouped(
      silenced.flatMap(({ reason }, position) => {
        const problem = found[warnings.length + position];
        return problem === undefined ? [] : [{ ...problem, reason }];
      }),
    ).map((problem) => ({ ...diagnosticOf(problem), reason: problem.reason })),
  };
};
