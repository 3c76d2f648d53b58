import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ownProcess } from "../fs/own-process.js";
import type { TextFile } from "../output-file.js";
import { Failed } from "../report/failure.js";
import { nixEnvironment } from "./nix-environment.js";

/** Input name and flake reference, as for `--override-input`. */
export type Override = readonly [name: string, reference: string];

/** Writes new files; fails if one exists. */
export const writeNew = (dir: string, files: readonly TextFile[]): void => {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text, { flag: "wx" });
  }
};

/** Runs with a temporary directory and removes it afterwards. A signal aborts the run before it ends the process. */
export const withTemporaryDirectory = async <A>(
  run: (directory: string, signal: AbortSignal) => Promise<A>,
): Promise<A> => {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "microvm-emit-"));
  const remove = (): void => {
    rmSync(directory, { recursive: true, force: true });
  };
  const abort = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    stoppedBy = signal;
    abort.abort();
  };
  process.on("exit", remove);
  for (const signal of signals) process.on(signal, stop);
  try {
    return await run(directory, abort.signal);
  } finally {
    for (const signal of signals) process.off(signal, stop);
    process.off("exit", remove);
    remove();
    if (stoppedBy !== undefined) ownProcess.exit(128 + constants.signals[stoppedBy]);
  }
};

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Evaluates an attribute of a flake, without writing a lock file. */
export const evaluate = (
  output: "raw" | "json",
  installable: string,
  overrides: readonly Override[],
  signal: AbortSignal,
): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const nix = spawn(
      "nix",
      [
        ...["--extra-experimental-features", "nix-command flakes"],
        ...["eval", `--${output}`, "--no-write-lock-file", "--no-eval-cache"],
        // The trace leads from the failing expression to the user's code.
        ...["--log-format", "internal-json", "--show-trace"],
        ...overrides.flatMap(([name, to]) => ["--override-input", name, to]),
        installable,
      ],
      // A Nix that evaluates forever ignores SIGTERM.
      { stdio: ["ignore", "pipe", "pipe"], env: nixEnvironment(), signal, killSignal: "SIGKILL" },
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
