import { randomUUID } from "node:crypto";
import { relative } from "node:path";
import * as TE from "fp-ts/lib/TaskEither.js";
import { pipe } from "fp-ts/lib/function.js";
import picocolors from "picocolors";
import { answer } from "./answer.js";
import { type Presentation, parseCommand, presentationOf, version } from "./command-line.js";
import type { Findings } from "../report/diagnostic.js";
import { type Failure, exitCode, failureOf, words } from "../report/failure.js";
import { ownProcess } from "../config-file/guard.js";
import type { OnProgress } from "../check/nix.js";
import { formatFindings } from "../report/problem-report.js";
import {
  type Outcome,
  type Style,
  failureReport,
  findingsIn,
  formatOutcome,
  formatProgress,
  outcomeReport,
  jsonPieces,
} from "../report/report.js";
import type { Failures } from "./run.js";
import { visible, visibleInLine } from "../report/visible.js";

/** Runs a command line, prints how it ended and ends the process. */
export const main = async (argv: readonly string[]): Promise<void> => {
  const presentation = presentationOf(argv);
  // `head` and its like close the pipe when they have enough.
  ownProcess.stdout.on("error", () => ownProcess.exit(0));
  const request = parseCommand(argv);
  const file = request._tag === "Right" && "config" in request.right ? request.right.config : "";
  const unfinished = (): void => {
    void failed([{ kind: "config-unfinished", file }], presentation).then(end);
  };
  process.once("beforeExit", unfinished);
  const ending = await pipe(
    TE.fromEither(request),
    TE.filterOrElse(
      (request) => !("config" in request) || currentDirectory() !== undefined,
      (): Failure => ({ kind: "cwd-missing" }),
    ),
    TE.mapLeft((failure): Failures => [failure]),
    TE.chain((request) => answer(request, presentation.format === "human" ? showProgress() : () => undefined)),
    TE.matchE(
      (failures) => () => failed(failures, presentation),
      (outcome) => () => succeeded(outcome, presentation),
    ),
  )().catch((error: unknown) => failed([failureOf(error)], presentation));
  process.off("beforeExit", unfinished);
  await end(ending);
};

interface Ending {
  readonly stdout: Iterable<string>;
  readonly stderr: Iterable<string>;
  readonly exitCode: number;
  /** Whether standard output is Nix text, which another program gets unchanged. */
  readonly isSource?: boolean;
}

/** Prints and exits: a config may have left timers or servers behind that would keep the process. */
const end = async ({ stdout, stderr, exitCode: code, isSource = false }: Ending): Promise<never> => {
  await write(ownProcess.stderr, stderr, shown);
  await write(ownProcess.stdout, stdout, isSource && !isTerminal(ownProcess.stdout) ? String : shown);
  return ownProcess.exit(code);
};

/** Stands for the ESC of our colours, which what others wrote can then not hold. */
const ownEscape = randomUUID();

/** What is written to a terminal: no escape sequences but ours. */
const shown = (text: string): string => visible(text).replaceAll(ownEscape, "\u001b");

/** A report may be longer than a string can be: each part is written when the one before is out. */
const write = async (
  stream: NodeJS.WriteStream,
  pieces: Iterable<string>,
  as: (piece: string) => string,
): Promise<void> => {
  const flush = async (text: string): Promise<void> => {
    await new Promise<void>((resolve) => {
      stream.write(text, () => {
        resolve();
      });
    });
  };
  let waiting = "";
  for (const piece of pieces) {
    waiting += as(piece);
    if (waiting.length < 65_536) continue;
    await flush(waiting);
    waiting = "";
  }
  await flush(waiting);
};

const failed = async (failures: Failures, { format, verbose }: Presentation): Promise<Ending> => {
  const code = Math.max(...failures.map(exitCode));
  const findings = { problems: failures.flatMap(words), silenced: [] };
  switch (format) {
    case "json":
      return printed(jsonPieces(failureReport(code, findings)), code);
    case "sarif":
      return printed(jsonPieces(await sarifOf(findings, code)), code);
    case "human": {
      const full = failures.flatMap((failure) =>
        verbose && failure.kind === "evaluation-failed"
          ? failure.hosts.map(({ fullMessage }) => `${fullMessage}\n\n`)
          : [],
      );
      return { stdout: [], stderr: joined(full, formatFindings(findings, styleOf(ownProcess.stderr))), exitCode: code };
    }
  }
};

const succeeded = async (outcome: Outcome, { format }: Presentation): Promise<Ending> => {
  const findings = findingsIn(outcome);
  switch (format) {
    case "json":
      return printed(jsonPieces(outcomeReport(outcome)), 0);
    case "sarif":
      return printed(jsonPieces(await sarifOf(findings, 0)), 0);
    case "human": {
      const width = Math.min(ownProcess.stdout.columns || maxWidth, maxWidth);
      const stdout = formatOutcome(outcome, styleOf(ownProcess.stdout), width);
      return {
        stdout: [stdout],
        stderr: formatFindings(findings, styleOf(ownProcess.stderr)),
        exitCode: 0,
        isSource: outcome.kind === "stopped" && outcome.after === "text",
      };
    }
  }
};

const printed = (pieces: Iterable<string>, code: number): Ending => ({
  stdout: joined(pieces, ["\n"]),
  stderr: [],
  exitCode: code,
});

function* joined(...parts: readonly Iterable<string>[]): Generator<string> {
  for (const part of parts) yield* part;
}

const sarifOf = async (findings: Findings, code: number): Promise<object> => {
  const [{ sarifLog }, { pageCodes, pageOf }] = await Promise.all([
    import("../report/sarif.js"),
    import("./problem-pages.js"),
  ]);
  return sarifLog(findings, {
    pages: pageCodes().map(pageOf),
    version: version(),
    exitCode: code,
    directory: currentDirectory() ?? "/",
  });
};

/** Longer lines of prose are hard to read. */
const maxWidth = 100;

const showProgress = (): OnProgress => {
  const style = styleOf(ownProcess.stderr);
  return (event) => {
    const line = shown(formatProgress(event, style));
    // On a terminal, what is under way gives its line to how it ended.
    if (!ownProcess.stderr.isTTY) ownProcess.stderr.write(`${line}\n`);
    else ownProcess.stderr.write(event.kind === "started" ? `${line}…` : `\r\u001b[K${line}\n`);
  };
};

const styleOf = (stream: NodeJS.WriteStream): Style => {
  const { NO_COLOR = "", TERM } = process.env;
  const colors = picocolors.createColors(isTerminal(stream) && NO_COLOR === "" && TERM !== "dumb");
  const paint = (name: "bold" | "dim" | "red" | "yellow" | "green" | "cyan"): ((text: string) => string) => {
    const [open = "", close = ""] = colors[name](" ").replaceAll("\u001b", ownEscape).split(" ");
    return (text) => open + text + close;
  };
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    yellow: paint("yellow"),
    green: paint("green"),
    cyan: paint("cyan"),
    path: shownPath,
  };
};

/** `isTTY` is not there where the stream is no terminal, and picocolors decides for itself on anything but a boolean. */
const isTerminal = (stream: NodeJS.WriteStream): boolean => "isTTY" in stream && stream.isTTY;

const currentDirectory = (): string | undefined => {
  try {
    return process.cwd();
  } catch {
    // Someone removed it.
    return undefined;
  }
};

const shownPath = (file: string): string => {
  const here = currentDirectory();
  const fromHere = here === undefined ? "" : relative(here, file);
  return visibleInLine(fromHere === "" || fromHere.startsWith("..") ? file : fromHere);
};
