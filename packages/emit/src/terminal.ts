import { relative } from "node:path";
import * as TE from "fp-ts/lib/TaskEither.js";
import { pipe } from "fp-ts/lib/function.js";
import picocolors from "picocolors";
import { type Presentation, parseCommand, presentationOf } from "./command.js";
import { exitCode, failureOf, words } from "./failure.js";
import type { OnProgress } from "./nix.js";
import {
  type Outcome,
  type Style,
  failureReport,
  formatDiagnostics,
  formatOutcome,
  formatProgress,
  outcomeReport,
  toJson,
} from "./report.js";
import { type Failures, run } from "./run.js";

/** Runs a command line, prints how it ended and ends the process. */
export const main = async (argv: readonly string[]): Promise<void> => {
  const presentation = presentationOf(argv);
  // `head` and its like close the pipe when they have enough.
  process.stdout.on("error", () => process.exit(0));
  const unfinished = (): void => {
    const file = argv.findLast((word) => !word.startsWith("-")) ?? "";
    end(failed([{ kind: "config-unfinished", file }], presentation));
  };
  process.once("beforeExit", unfinished);
  const ending = await pipe(
    TE.fromEither(parseCommand(argv)),
    TE.mapLeft((failure): Failures => [failure]),
    TE.chain((request) => run(request, presentation.json ? () => undefined : showProgress())),
    TE.match(
      (failures) => failed(failures, presentation),
      (outcome) => succeeded(outcome, presentation),
    ),
  )().catch((error: unknown) => failed([failureOf(error)], presentation));
  process.off("beforeExit", unfinished);
  end(ending);
};

interface Ending {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Prints and exits: a config may have left timers or servers behind that would keep the process. */
const end = ({ stdout, stderr, exitCode: code }: Ending): void => {
  process.stderr.write(stderr, () => process.stdout.write(stdout, () => process.exit(code)));
};

const failed = (failures: Failures, { json, verbose }: Presentation): Ending => {
  const code = Math.max(...failures.map(exitCode));
  const diagnostics = failures.flatMap(words);
  if (json) return { stdout: `${toJson(failureReport(code, diagnostics))}\n`, stderr: "", exitCode: code };
  const full = failures.flatMap((failure) =>
    verbose && failure.kind === "evaluation-failed" ? failure.hosts.map(({ fullMessage }) => `${fullMessage}\n\n`) : [],
  );
  return {
    stdout: "",
    stderr: full.join("") + formatDiagnostics(diagnostics, styleOf(process.stderr)),
    exitCode: code,
  };
};

const succeeded = (outcome: Outcome, { json }: Presentation): Ending => {
  if (json) return { stdout: `${toJson(outcomeReport(outcome))}\n`, stderr: "", exitCode: 0 };
  if (outcome.kind === "told") return { stdout: outcome.text, stderr: "", exitCode: 0 };
  if (outcome.kind === "explained") {
    const width = Math.min(process.stdout.columns || maxWidth, maxWidth);
    return { stdout: outcome.text(styleOf(process.stdout), width), stderr: "", exitCode: 0 };
  }
  const stderr = formatDiagnostics(outcome.warnings, styleOf(process.stderr));
  const stdout = outcome.kind === "stopped" ? outcome.text : formatOutcome(outcome, styleOf(process.stdout));
  return { stdout, stderr, exitCode: 0 };
};

/** Longer lines of prose are hard to read. */
const maxWidth = 100;

const showProgress = (): OnProgress => {
  const style = styleOf(process.stderr);
  return (event) => {
    const line = formatProgress(event, style);
    // On a terminal, what is under way gives its line to how it ended.
    if (!process.stderr.isTTY) process.stderr.write(`${line}\n`);
    else process.stderr.write(event.kind === "started" ? `${line}…` : `\r\u001b[K${line}\n`);
  };
};

const styleOf = (stream: NodeJS.WriteStream): Style => {
  const { NO_COLOR = "", TERM } = process.env;
  // `isTTY` is not there where the stream is no terminal, and picocolors decides for itself on anything but a boolean.
  const isTerminal = "isTTY" in stream && stream.isTTY;
  const { bold, dim, red, yellow, green, cyan } = picocolors.createColors(
    isTerminal && NO_COLOR === "" && TERM !== "dumb",
  );
  return { bold, dim, red, yellow, green, cyan, path: shownPath };
};

const shownPath = (file: string): string => {
  const fromHere = relative(process.cwd(), file);
  return fromHere === "" || fromHere.startsWith("..") ? file : fromHere;
};
