import { formatProgress, type OnProgress } from "../report/checked.js";
import type { Findings } from "../report/diagnostic.js";
import { Failed, type Failure, failuresOf } from "../report/failure.js";
import { diagnosticsOf, exitCodeOf } from "../report/failure-words.js";
import { jsonPieces } from "../report/json.js";
import { failureReport, type Outcome, outcomeReport } from "../report/outcome.js";
import { formatFindings } from "../report/problem-report.js";
import { version } from "../fs/own-files.js";
import { endWatch, watchWith } from "../config-file/watch.js";
import { formats } from "./command.js";
import { parseCommand, type Presentation, presentationOf } from "./program.js";
import { currentDirectory, isTerminal, shown, stderr, stdout, styleOf, widthOf, writePieces } from "./streams.js";

/** Runs a command line, prints its result and returns the exit code. `program` is the script of the process, if it only runs this command. */
export const runCommand = async (argv: readonly string[], program?: string): Promise<number> => {
  const presentation = presentationOf(argv);
  if (program !== undefined) watchWith([process.execPath, program, "--report-config", presentation.format]);
  let file = "";
  let onUnfinished = (): void => undefined;
  // Node ends when nothing is left to do, even if a promise is unresolved.
  const unfinished = new Promise<Ending>((resolve) => {
    onUnfinished = () => {
      void failed([{ kind: "config-unfinished", file }], presentation).then(resolve);
    };
  });
  process.once("beforeExit", onUnfinished);
  const finished = run(argv, presentation, (config) => {
    file = config;
  });
  const ending = await Promise.race([finished, unfinished]);
  process.off("beforeExit", onUnfinished);
  endWatch();
  await print(ending);
  return ending.exitCode;
};

/** Reports a config for a command that cannot. Takes the arguments that `watch-config.sh` passes. */
export const reportConfig = async ([, format, file = "", kind]: readonly string[]): Promise<number> => {
  const failure: Failure =
    kind === "config-unfinished" ? { kind, file, isTimedOut: true } : { kind: "config-crashes", file };
  const ending = await failed([failure], {
    format: formats.find((each) => each === format) ?? "human",
    verbose: false,
  });
  await print(ending);
  return ending.exitCode;
};

/** Runs a command line; prints only progress. */
const run = async (
  argv: readonly string[],
  presentation: Presentation,
  onConfig: (file: string) => void,
): Promise<Ending> => {
  try {
    const invocation = parseCommand(argv);
    const configFile = async (typed: string | undefined): Promise<string> => {
      const config = await configOf(typed);
      onConfig(config);
      return config;
    };
    const onProgress = presentation.format === "human" ? showProgress() : () => undefined;
    const isInteractive = presentation.format === "human" && isTerminal(stdout) && process.stdin.isTTY;
    return await succeeded(await invocation.run({ configFile, onProgress, isInteractive }), presentation);
  } catch (error) {
    return await failed(failuresOf(error), presentation);
  }
};

/** The config as typed, otherwise the nearest one. */
const configOf = async (typed: string | undefined): Promise<string> => {
  const here = currentDirectory();
  if (here === undefined) throw new Failed({ kind: "cwd-missing" });
  return typed ?? (await import("../config-file/find-config.js")).findConfig(here);
};

interface Ending {
  readonly stdout: Iterable<string>;
  readonly stderr: Iterable<string>;
  readonly exitCode: number;
  /** True if stdout is source code, which must reach other programs unchanged. */
  readonly isSource?: true;
}

const print = async (ending: Ending): Promise<void> => {
  await writePieces(stderr, ending.stderr, shown);
  await writePieces(stdout, ending.stdout, ending.isSource === true && !isTerminal(stdout) ? String : shown);
};

const failed = async (failures: readonly Failure[], { format, verbose }: Presentation): Promise<Ending> => {
  const exitCode = Math.max(...failures.map(exitCodeOf));
  const findings = { problems: failures.flatMap(diagnosticsOf), silenced: [] };
  switch (format) {
    case "json":
      return printed(jsonPieces(failureReport(exitCode, findings)), exitCode);
    case "sarif":
      return printed(jsonPieces(await sarifOf(findings, exitCode)), exitCode);
    case "markdown":
    case "human": {
      const full = failures.flatMap((failure) =>
        verbose && failure.kind === "evaluation-failed"
          ? failure.hosts.map(({ fullMessage }) => `${fullMessage}\n\n`)
          : [],
      );
      return { stdout: [], stderr: joined(full, formatFindings(findings, styleOf(stderr))), exitCode };
    }
  }
};

const succeeded = async (outcome: Outcome, { format }: Presentation): Promise<Ending> => {
  const { findings, text, markdown, exitCode = 0, isSource } = outcome;
  switch (format) {
    case "json":
      return printed(jsonPieces(outcomeReport(outcome)), exitCode);
    case "sarif":
      return printed(jsonPieces(await sarifOf(findings, exitCode)), exitCode);
    case "markdown":
      return { stdout: [markdown?.() ?? ""], stderr: formatFindings(findings, styleOf(stderr)), exitCode };
    case "human":
      return {
        stdout: [text(styleOf(stdout), widthOf(stdout))],
        stderr: formatFindings(findings, styleOf(stderr)),
        exitCode,
        ...(isSource && { isSource }),
      };
  }
};

const printed = (pieces: Iterable<string>, exitCode: number): Ending => ({
  stdout: joined(pieces, ["\n"]),
  stderr: [],
  exitCode,
});

function* joined(...parts: readonly Iterable<string>[]): Generator<string> {
  for (const part of parts) yield* part;
}

const sarifOf = async (findings: Findings, exitCode: number): Promise<object> => {
  const [{ sarifLog }, { pageCodes, pageOf }] = await Promise.all([
    import("../report/sarif.js"),
    import("./problem-pages.js"),
  ]);
  return sarifLog(findings, {
    pages: pageCodes().map(pageOf),
    version: version(),
    exitCode,
    directory: currentDirectory() ?? "/",
  });
};

const showProgress = (): OnProgress => {
  const style = styleOf(stderr);
  return (event) => {
    const line = shown(formatProgress(event, style));
    // On a terminal, the result replaces the line of a running step.
    if (!stderr.isTTY) stderr.write(`${line}\n`);
    else stderr.write(event.kind === "started" ? `${line}…` : `\r\u001b[K${line}\n`);
  };
};
