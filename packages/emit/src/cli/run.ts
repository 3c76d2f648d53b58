import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { sequenceS } from "fp-ts/lib/Apply.js";
import * as T from "fp-ts/lib/Task.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Problem } from "@microvm-emit/model";
import * as model from "@microvm-emit/model";
import * as nixAst from "@microvm-emit/nix-ast";
import type { ConfigAndDirectory, Override, Request, Stage } from "./command-line.js";
import type { Findings } from "../report/diagnostic.js";
import { type Failure, type LocatedProblem, attempt, locatedProblem } from "../report/failure.js";
import * as self from "../index.js";
import type { OutputFile } from "../output-file.js";
import { grouped } from "../report/group-problems.js";
import { hostSources } from "../config-file/host-sources.js";
import { load, readIfThere, requireQuietConfig } from "../config-file/load.js";
import { adoptLock, type LockFile, printLock, readLockFile } from "../config-file/lock-file.js";
import { lockNameOf } from "../config-file/lock-name.js";
import type { Place } from "../report/place.js";
import { nextCommands } from "./next-commands.js";
import type { OnProgress } from "../check/nix.js";
import { type PlannedConfig, filesOf, planOf } from "../emit.js";
import { plannedPaths } from "../config-file/planned-paths.js";
import { formatSummary, summarize } from "../report/plan-summary.js";
import { render } from "../render.js";
import { type Outcome, toJson } from "../report/report.js";
import { gitDirOf } from "../fs/source-tree.js";
import { withoutLinks } from "../fs/without-links.js";
import { requireDirectory, requireNoLink, write } from "../output/write.js";

/** Everything that kept a run from its end. */
export type Failures = readonly Failure[];

const alone = (failure: Failure): Failures => [failure];
// The library's own comes with all it knows of arrays, which takes longer to load than the rest of a run.
const failureSemigroup = { concat: (first: Failures, second: Failures): Failures => [...first, ...second] };

/** Runs a request that names a config; prints nothing. */
export const run = (
  request: Extract<Request, ConfigAndDirectory>,
  onProgress: OnProgress,
): TE.TaskEither<Failures, Outcome> => {
  const places = placesOf(request);
  return pipe(
    emission(places, request.kind === "emit"),
    TE.chain((emitted) => {
      switch (request.kind) {
        case "emit":
          return pipe(writeEmission(places, emitted, request.force), TE.mapLeft(alone));
        case "plan":
          return TE.right(summary(emitted));
        case "stop":
          return TE.right(stopped(request.after, emitted));
        case "check":
          return pipe(checkEmission(places, emitted, request.overrides, onProgress), TE.mapLeft(alone));
      }
    }),
  );
};

/** Where a run reads and writes: absolute and, where it can be known, without links, as Nix resolves `../`. */
export interface Places {
  readonly config: string;
  readonly configDir: string;
  readonly outputDir: string;
  /** The output directory with the links that its path was typed with. */
  readonly typedOutput: string;
  readonly lock: string;
}

const placesOf = ({ config, output }: ConfigAndDirectory): Places => {
  const file = resolve(config);
  const configDir = withoutLinks(dirname(file));
  const typedOutput = output === undefined ? join(configDir, "flake") : resolve(output);
  return {
    config: join(configDir, basename(file)),
    configDir,
    outputDir: withoutLinks(typedOutput),
    typedOutput,
    // A link in its place is not followed: it might lead to the lock of another config.
    lock: join(configDir, lockNameOf(basename(file))),
  };
};

interface Emitted {
  /** As it was loaded. */
  readonly config: unknown;
  readonly planned: PlannedConfig;
  /** Compiles the plan, of which `plan` has no need. */
  readonly files: () => readonly OutputFile[];
  readonly lockFile: LockFile;
  readonly findings: Findings;
}

const own = { "microvm-emit": self, "@microvm-emit/model": model, "@microvm-emit/nix-ast": nixAst };

/** Config to emission; what is wrong with config, lock file and output directory is found together. */
const emission = (places: Places, isToBeWritten: boolean): TE.TaskEither<Failures, Emitted> => {
  const together = TE.getApplicativeTaskValidation(T.ApplyPar, failureSemigroup);
  return pipe(
    sequenceS(together)({
      config: pipe(load(places.config, own), TE.mapLeft(alone)),
      lockFile: pipe(
        attempt(() => readLockFile(places.lock)),
        TE.mapLeft(alone),
      ),
      output: pipe(
        attempt(() => {
          if (!isToBeWritten) return;
          requireDirectory(places.outputDir);
          requireNoLink(places.typedOutput, places.configDir);
        }),
        TE.mapLeft(alone),
      ),
    }),
    TE.mapLeft(withoutConsequences),
    TE.chain(({ config, lockFile }) =>
      pipe(
        attempt(() => adoptLock(lockFile, config)),
        TE.bimap(alone, (adopted) => ({ config, lockFile: adopted })),
      ),
    ),
    TE.chain(({ config, lockFile }) =>
      pipe(
        TE.fromEither(
          planOf(config, {
            lock: lockFile.lock,
            earlierLocks: lockFile.earlier,
            sources: hostSources(config, places),
            realPath: withoutLinks,
            gitDirOf,
          }),
        ),
        TE.chain((emitted) => {
          const missing = model.whereWritten(missingModules(emitted.plan, places.configDir), emitted.written);
          return missing.length === 0 ? TE.right(emitted) : TE.left([...missing, ...emitted.warnings]);
        }),
        TE.orElse((problems) =>
          pipe(
            located(places.config, config, problems),
            TE.chain((found) =>
              TE.left<Failures, PlannedConfig>([{ kind: "config-problems", problems: grouped(found) }]),
            ),
          ),
        ),
        TE.bindTo("planned"),
        TE.bind("findings", (bound) => findingsOf(places.config, config, bound.planned)),
        TE.map((bound) => ({
          ...bound,
          config,
          lockFile,
          files: () => filesOf(bound.planned, { configFile: relative(places.outputDir, places.config) }),
        })),
        // The last look before anything is written.
        TE.chainFirst(() => pipe(requireQuietConfig(places.config), TE.mapLeft(alone))),
      ),
    ),
  );
};

/** Modules of the config's that are not on disk, which only the edge can know. */
const missingModules = (plan: model.Plan, configDir: string): readonly Problem[] =>
  plannedPaths(plan)
    .filter(({ path }) => !existsSync(resolve(configDir, path)))
    .map(({ path, at }) => ({
      code: "module-missing",
      severity: "error",
      path: at,
      message: `There is no ${path} beside the config`,
      remedy: "Create the file, or mend its path.",
    }));

/** Where there is no config, there is no lock file and no directory beside it to speak of. */
const withoutConsequences = (failures: Failures): Failures => {
  const missing = failures.filter(({ kind }) => kind === "config-missing");
  return missing.length > 0 ? missing : failures;
};

/** The problems with their places in the config's source; parsing it is worth the time only when there are some. */
const located = (
  file: string,
  config: unknown,
  problems: readonly Problem[],
): TE.TaskEither<Failures, readonly LocatedProblem[]> =>
  pipe(
    attempt(async () => {
      if (problems.length === 0) return [];
      const { locator } = await import("../config-file/locate/locate.js");
      const locate = await locator(file, readFileSync(file, "utf8"), { config, read: readIfThere });
      const places = problems.map((problem): LocatedProblem => {
        const place = locate(problem.path);
        return {
          ...problem,
          ...(place === undefined ? {} : { place }),
          ...(problem.related === undefined ? {} : { relatedPlaces: problem.related.map(({ path }) => locate(path)) }),
        };
      });
      return withoutSecretLines(places);
    }),
    TE.mapLeft(alone),
  );

/** Lines that hold a secret are shown nowhere: reports end in the logs of others' machines. */
const withoutSecretLines = (problems: readonly LocatedProblem[]): readonly LocatedProblem[] => {
  const keyOf = (place: Place | undefined): string =>
    place === undefined ? "" : `${place.file}:${String(place.line)}`;
  const secret = new Set(problems.filter(({ code }) => code === "literal-secret").map(({ place }) => keyOf(place)));
  const shown = <P extends Place | undefined>(place: P): P => {
    if (place === undefined || !secret.has(keyOf(place))) return place;
    const { lineText: _, ...rest } = place;
    return rest as P;
  };
  return problems.map((problem) => ({
    ...problem,
    ...(problem.place && { place: shown(problem.place) }),
    ...(problem.relatedPlaces && { relatedPlaces: problem.relatedPlaces.map(shown) }),
  }));
};

const findingsOf = (
  file: string,
  config: unknown,
  { warnings, silenced }: PlannedConfig,
): TE.TaskEither<Failures, Findings> =>
  pipe(
    located(file, config, [...warnings, ...silenced]),
    TE.map((found) => ({
      problems: grouped(found.slice(0, warnings.length)).map(locatedProblem),
      silenced: grouped(
        silenced.flatMap(({ reason }, position) => {
          const problem = found[warnings.length + position];
          return problem === undefined ? [] : [{ ...problem, reason }];
        }),
      ).map((problem) => ({ ...locatedProblem(problem), reason: problem.reason })),
    })),
  );

const writeEmission = (
  { configDir, outputDir, lock }: Places,
  { planned: { plan, lock: next }, files, lockFile, findings }: Emitted,
  force: boolean,
): TE.TaskEither<Failure, Outcome> => {
  const lockText = printLock(next);
  const { adopted } = lockFile;
  const beside = { [lock]: lockText, ...(adopted?.isWhole === true && { [adopted.from]: null }) };
  return pipe(
    write({ dir: outputDir, files: render(files()), beside, force }),
    TE.map((written) => ({
      kind: "emitted",
      dir: outputDir,
      files: written,
      lock: {
        file: lock,
        changed: lockText !== lockFile.text,
        ...(adopted && { from: adopted.from }),
        ...(lockFile.isConflicted && { merged: true }),
      },
      next: nextCommands(plan, configDir, outputDir, { file: lock, before: lockFile.lock }),
      findings,
    })),
  );
};

const checkEmission = (
  { config, outputDir }: Places,
  { config: loaded, planned: { plan, written }, files, findings }: Emitted,
  overrides: readonly Override[],
  onProgress: OnProgress,
): TE.TaskEither<Failure, Outcome> =>
  pipe(
    attempt(() => import("../check/nix.js")),
    TE.chain(({ check }) =>
      check(
        {
          config,
          loaded,
          outputDir,
          files: files(),
          hosts: plan.hosts.map(({ name }) => name),
          modules: plannedPaths(plan),
          written,
          overrides,
        },
        onProgress,
      ),
    ),
    TE.map((hosts) => ({ kind: "checked", hosts, findings })),
  );

const summary = ({ planned: { plan }, findings }: Emitted): Outcome => {
  const hosts = summarize(plan);
  return { kind: "planned", hosts, text: (style, width) => formatSummary(hosts, style, width), findings };
};

/** Fixed files say nothing of a config, and are most of a small flake: their names do. */
const withoutFixed = (file: OutputFile): object =>
  file.isFixed === true ? { kind: file.kind, path: file.path, isFixed: true } : file;

const stopped = (after: Stage, { planned: { plan }, files, findings }: Emitted): Outcome => {
  const shown = { kind: "stopped", after, findings } as const;
  switch (after) {
    case "plan":
      return { ...shown, value: plan, text: `${toJson(plan)}\n` };
    case "ast": {
      const trees = files().map(withoutFixed);
      return { ...shown, value: trees, text: `${toJson(trees)}\n` };
    }
    case "text": {
      const texts = render(files());
      return { ...shown, value: texts, text: texts.map(({ path, text }) => `# ==> ${path}\n${text}`).join("\n") };
    }
  }
};
