import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { Failed, type FailedHost, type Failure, attempt } from "./failure.js";
import type { TextFile } from "./file.js";
import { nixMessage, nixWarnings, ranAtAll } from "./nix-message.js";
import { isBelow, mirror, sourceTreeOf, unreachable } from "./source-tree.js";

export interface Checkable {
  /** Absolute and without links, as are the two below. */
  readonly configDir: string;
  readonly outputDir: string;
  readonly files: readonly TextFile[];
  readonly hosts: readonly string[];
  /** Files and directories of the user's that the emitted files refer to, relative to the config. */
  readonly modulePaths: readonly string[];
  /** Input name and flake reference, as `--override-input` takes them. */
  readonly overrides: readonly (readonly [string, string])[];
}

export interface CheckedHost {
  readonly host: string;
  /** The store path of the host's system derivation. */
  readonly drvPath: string;
  readonly milliseconds: number;
  /** What Nix and the modules warn of. */
  readonly warnings: readonly string[];
}

/** Tells of the course of a check, one host after the other: a host takes seconds and much memory. */
export type OnProgress = (event: Progress) => void;

export type Progress =
  | { readonly kind: "started"; readonly host: string; readonly position: number; readonly count: number }
  | { readonly kind: "fine"; readonly host: string; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly host: string; readonly milliseconds: number };

/** Has `nix` evaluate every host of a flake that is not on disk yet, in a copy of the source it belongs to. */
export const check = (checkable: Checkable, onProgress: OnProgress): TE.TaskEither<Failure, readonly CheckedHost[]> =>
  attempt(() =>
    withTemporaryDirectory(async (directory, signal) => {
      const flake = layOut(checkable, directory);
      const fine: CheckedHost[] = [];
      const failed: FailedHost[] = [];
      for (const [index, host] of checkable.hosts.entries()) {
        onProgress({ kind: "started", host, position: index + 1, count: checkable.hosts.length });
        const start = performance.now();
        const { code, stdout, stderr } = await evaluate(flake.reference, host, checkable.overrides, signal);
        const milliseconds = Math.round(performance.now() - start);
        const output = flake.inUsersPlaces(stderr);
        if (code === 0) {
          onProgress({ kind: "fine", host, milliseconds });
          fine.push({ host, drvPath: stdout.trim(), milliseconds, warnings: nixWarnings(output) });
        } else {
          onProgress({ kind: "failed", host, milliseconds });
          if (!ranAtAll(output)) throw new Failed({ kind: "nix-failed", cause: nixMessage(output) });
          failed.push({ host, message: nixMessage(output), fullMessage: output.trim() });
        }
      }
      if (failed.length > 0) {
        throw new Failed({ kind: "evaluation-failed", hosts: failed, fine: fine.map(({ host }) => host) });
      }
      return fine;
    }),
  );

interface Flake {
  readonly reference: string;
  /** Nix's message with the temporary places in it called by what they stand for. */
  readonly inUsersPlaces: (message: string) => string;
}

const layOut = (checkable: Checkable, directory: string): Flake => {
  const { configDir, outputDir, files, modulePaths } = checkable;
  const ofConfig = sourceTreeOf(configDir);
  // A flake elsewhere is a source of its own, which no module of the config's is part of.
  const source = isBelow(ofConfig.root, outputDir) ? ofConfig : { root: outputDir, isGit: false };
  const copy = join(directory, "source");
  const flakeDir = join(copy, relative(source.root, outputDir));
  mkdirSync(flakeDir, { recursive: true });

  if (modulePaths.length > 0 || source.root === outputDir) {
    if (existsSync(source.root)) mirror(source, copy);
    const modules = unreachable(source, configDir, copy, modulePaths);
    if (modules.length > 0) throw new Failed({ kind: "modules-unreachable", root: source.root, modules });
  }
  // Pinned inputs stay pinned, whether or not git knows of it.
  if (existsSync(join(outputDir, "flake.lock")))
    copyFileSync(join(outputDir, "flake.lock"), join(flakeDir, "flake.lock"));
  for (const { path, text } of files) {
    const file = join(flakeDir, path);
    mkdirSync(dirname(file), { recursive: true });
    // What stands there may be a link, or not ours to write.
    rmSync(file, { force: true });
    writeFileSync(file, text);
  }

  const subdirectory = relative(copy, flakeDir);
  const query = subdirectory === "" ? "" : `?dir=${subdirectory.split("/").map(encodeURIComponent).join("/")}`;
  return {
    reference: `path:${copy}${query}`,
    inUsersPlaces: (message) =>
      message
        .replaceAll(copy, source.root)
        .replaceAll(/\/nix\/store\/[0-9a-z]{32}-source\/([^\s:'"»]+)/g, (whole, path: string) =>
          existsSync(join(copy, path)) ? join(source.root, path) : whole,
        ),
  };
};

/** Runs with a directory that is gone afterwards, however it ends. */
const withTemporaryDirectory = async <A>(run: (directory: string, signal: AbortSignal) => Promise<A>): Promise<A> => {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "microvm-emit-"));
  const remove = (): void => {
    rmSync(directory, { recursive: true, force: true });
  };
  const abort = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    abort.abort();
    process.exit(128 + constants.signals[signal]);
  };
  process.on("exit", remove);
  for (const signal of signals) process.on(signal, stop);
  try {
    return await run(directory, abort.signal);
  } finally {
    for (const signal of signals) process.off(signal, stop);
    process.off("exit", remove);
    remove();
  }
};

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const evaluate = (
  reference: string,
  host: string,
  overrides: Checkable["overrides"],
  signal: AbortSignal,
): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const nix = spawn(
      "nix",
      [
        ...["--extra-experimental-features", "nix-command flakes"],
        ...["eval", "--raw", "--no-write-lock-file", "--no-eval-cache"],
        ...overrides.flatMap(([name, to]) => ["--override-input", name, to]),
        `${reference}#nixosConfigurations.${JSON.stringify(host)}.config.system.build.toplevel.drvPath`,
      ],
      { stdio: ["ignore", "pipe", "pipe"], signal },
    );
    let stdout = "";
    let stderr = "";
    nix.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    nix.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    nix.on("error", (error: NodeJS.ErrnoException) => {
      reject(
        new Failed(error.code === "ENOENT" ? { kind: "nix-missing" } : { kind: "nix-failed", cause: error.message }),
      );
    });
    nix.on("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
