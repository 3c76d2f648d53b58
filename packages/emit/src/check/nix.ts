import { copyFileSync, cpSync, existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import {
  attrs,
  binding,
  call,
  formals,
  ident,
  inheritFrom,
  lambda,
  path,
  print,
  select,
  toNix,
} from "@microvm-emit/nix-ast";
import { Failed, type FailedHost } from "../report/failure.js";
import type { OutputFile } from "../output-file.js";
import { ownFile } from "../fs/own-files.js";
import { readIfThere } from "../fs/read-text.js";
import { type NixError, readNixLog } from "./nix-log.js";
import { nixMessage, nixWarnings, ranAtAll } from "./nix-message.js";
import type { ConfigPath } from "@microvm-emit/model";
import type { PlannedPath } from "../config-file/planned-paths.js";
import { render } from "../render.js";
import { isBelow, mirror, sourceTreeOf, unreachable } from "../fs/source-tree.js";
import type { CheckedHost, OnProgress } from "../report/checked.js";
import type { ErrorOrigin } from "../report/error-origin.js";
import { evaluate as nixEval, type Finished, type Override, withTemporaryDirectory, writeNew } from "./run-nix.js";

export interface Checkable {
  /** The config file. It and `outputDir` are absolute and without symlinks. */
  readonly config: string;
  /** The config as data. */
  readonly loaded: unknown;
  readonly outputDir: string;
  /** False if the nearest flake above the output directory has the hosts. */
  readonly isFlake: boolean;
  readonly files: readonly OutputFile[];
  readonly hosts: readonly string[];
  /** The user's files and directories to which emitted files refer. */
  readonly modules: readonly PlannedPath[];
  /** Maps a path of an emitted node to its path in the config. */
  readonly written: (path: ConfigPath) => ConfigPath;
  readonly overrides: readonly Override[];
}

/** Evaluates every host of a flake without writing it. Throws {@link Failed} if a host fails. */
export const check = async (checkable: Checkable, onProgress: OnProgress): Promise<readonly CheckedHost[]> => {
  const hosts = await evaluateHosts(checkable, toplevelDerivation, onProgress);
  return hosts.map(({ value, ...host }) => ({ ...host, drvPath: value }));
};

/** An attribute of each host, and the form of its value. */
export interface Aspect<A> {
  readonly output: "raw" | "json";
  /** The attribute of the evaluated flake. */
  readonly attribute: (host: string) => string;
  readonly parse: (text: string) => A;
}

const toplevelDerivation: Aspect<string> = {
  output: "raw",
  attribute: (host) => `${hostsAttribute}.${JSON.stringify(host)}.config.system.build.toplevel.drvPath`,
  parse: (text) => text.trim(),
};

/** A part of `evaluate/deployments.nix` for each host. */
export const deploymentPart = <A>(part: "paths" | "packages", parse: (value: unknown) => A): Aspect<A> => ({
  output: "json",
  attribute: (host) => `${deploymentsAttribute}.${JSON.stringify(host)}.${part}`,
  parse: (text) => parse(JSON.parse(text)),
});

/** A host that Nix evaluated, with the value of an aspect. */
export type EvaluatedHost<A> = Omit<CheckedHost, "drvPath"> & { readonly value: A };

/**
 * Evaluates an aspect of every host of a flake with Nix in a temporary copy of its source. Throws {@link Failed} if a host
 * fails.
 */
export const evaluateHosts = <A>(
  checkable: Checkable,
  { output, attribute: attributeOf, parse }: Aspect<A>,
  onProgress: OnProgress,
): Promise<readonly EvaluatedHost<A>[]> =>
  withTemporaryDirectory(async (directory, signal) => {
    const flake = layOut(checkable, directory);
    const evaluate = (attribute: string, form: "raw" | "json" = "raw"): Promise<Finished> =>
      nixEval(
        form,
        `${flake.reference}#${attribute}`,
        checkable.overrides.map(([name, to]) => [`${subject}/${name}`, to]),
        signal,
      );
    const evaluated: EvaluatedHost<A>[] = [];
    const failed: FailedHost[] = [];
    for (const [index, host] of checkable.hosts.entries()) {
      onProgress({ kind: "started", host, position: index + 1, count: checkable.hosts.length });
      const start = performance.now();
      const { code, stdout, stderr } = await evaluate(attributeOf(host), output);
      const milliseconds = Math.round(performance.now() - start);
      if (code === 0) {
        onProgress({ kind: "ok", host, milliseconds });
        evaluated.push({
          host,
          value: parse(stdout),
          milliseconds,
          warnings: nixWarnings(readNixLog(stderr, stripVTControlCharacters).text),
        });
        continue;
      }
      onProgress({ kind: "failed", host, milliseconds });
      const source = await evaluate(sourceAttribute);
      const storePath = source.code === 0 ? source.stdout.trim() : "";
      const log = readNixLog(stderr, (text) => inUsersPlaces(stripVTControlCharacters(text), flake, storePath));
      if (!ranAtAll(log.text)) throw new Failed({ kind: "nix-failed", cause: nixMessage(log.text) });
      failed.push({
        host,
        message: log.error?.message ?? nixMessage(log.text),
        fullMessage: log.text.trim(),
        origins: log.error === undefined ? [] : await originsOf(log.error, host, checkable, flake),
      });
    }
    if (failed.length > 0) {
      throw new Failed({ kind: "evaluation-failed", hosts: failed, evaluated: evaluated.map(({ host }) => host) });
    }
    return evaluated;
  });

/** The places that an error leads to. Imports the tracing code on demand, because most checks find no error. */
const originsOf = async (
  error: NixError,
  host: string,
  { config, loaded, outputDir, files, modules, written }: Checkable,
  { root }: LaidOut,
): Promise<readonly ErrorOrigin[]> => {
  const [{ locator }, { traceBack }] = await Promise.all([
    import("../config-file/locate/locate.js"),
    import("./trace-back.js"),
  ]);
  const locate = await locator(config, readIfThere(config) ?? "", { config: loaded, read: readIfThere });
  const found = traceBack(error, {
    host,
    outputDir,
    configDir: dirname(config),
    emitted: files.filter((file) => file.kind === "nix"),
    modules,
    locate: (path) => locate(written(path)),
    readLocated: (file) => readFileSync(file, "utf8"),
    read: (file) =>
      isBelow(root, file) && file.endsWith(".nix") && existsSync(file) ? readFileSync(file, "utf8") : undefined,
  });
  return found.map((origin) => (origin.path === undefined ? origin : { ...origin, path: written(origin.path) }));
};

interface LaidOut {
  /** Reference to the flake with the outputs {@link hostsAttribute} and {@link sourceAttribute}. */
  readonly reference: string;
  /** The user's directory; `copy` is its copy. */
  readonly root: string;
  readonly copy: string;
}

/** Name of the checked flake as an input of the evaluated flake. */
const subject = "subject";

/** Copies the source with the emitted files into a directory, and writes the flake to evaluate beside it. */
const layOut = (checkable: Checkable, directory: string): LaidOut => {
  const { config, outputDir, isFlake, files, modules: planned } = checkable;
  const flakeDir = isFlake ? outputDir : ownFlakeAbove(outputDir);
  const configDir = dirname(config);
  const ofConfig = sourceTreeOf(configDir);
  // A flake outside the config's source is a separate source.
  const source = isBelow(ofConfig.root, flakeDir) ? ofConfig : { root: flakeDir, isGit: false };
  const copy = join(directory, "source");
  const subdirectory = relative(source.root, flakeDir);
  writeNew(join(copy, relative(source.root, outputDir)), render(files));
  const lock = join(flakeDir, "flake.lock");
  // Keeps inputs pinned, even if git does not track the lock file.
  if (existsSync(lock)) copyFileSync(lock, join(copy, subdirectory, "flake.lock"));
  if ((planned.length > 0 || !isFlake) && existsSync(source.root)) mirror(source, copy, directory);
  const modules = unreachable(source, configDir, copy, [...new Set(planned.map(({ path }) => path))]);
  if (modules.length > 0) throw new Failed({ kind: "modules-unreachable", root: source.root, modules });

  // Nix before 2.14 rejects `path:…?dir=…` on the command line, but accepts it as an input.
  const input = { type: "path", path: copy, ...(subdirectory === "" ? {} : { dir: subdirectory }) };
  const outputs = lambda(
    formals([subject], { ellipsis: true }),
    attrs([
      inheritFrom(ident(subject), hostsAttribute),
      binding(sourceAttribute, select(ident(subject), "sourceInfo", "outPath")),
      binding(deploymentsAttribute, call(ident("import"), path("./evaluate/deployments.nix"), ident(subject))),
    ]),
  );
  const flake = attrs({ inputs: attrs({ [subject]: toNix(input) }), outputs });
  cpSync(ownFile("evaluate"), join(directory, "check", "evaluate"), { recursive: true });
  writeNew(join(directory, "check"), [{ kind: "text", path: "flake.nix", text: print(flake) }]);
  return { reference: `path:${join(directory, "check")}`, root: source.root, copy };
};

/** The folder of the nearest flake above the modules that are written for it. */
const ownFlakeAbove = (outputDir: string): string => {
  for (let folder = dirname(outputDir); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "flake.nix"))) return folder;
    if (dirname(folder) === folder) throw new Failed({ kind: "own-flake-missing", directory: outputDir });
  }
};

const hostsAttribute = "nixosConfigurations";
const sourceAttribute = "source";
const deploymentsAttribute = "deployments";

/** Replaces temporary and store paths in Nix's output with the user's paths. */
const inUsersPlaces = (message: string, { root, copy }: LaidOut, storePath: string): string =>
  [copy, ...(storePath === "" ? [] : [storePath])]
    .reduce((text, place) => text.replaceAll(place, root), message)
    .replaceAll(`'${subject}/`, "'");
