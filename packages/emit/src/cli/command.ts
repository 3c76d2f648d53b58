import { type Command, Option } from "commander";
import type { OnProgress } from "../report/checked.js";
import type { Outcome } from "../report/outcome.js";
import type { CommandName, Results } from "./results.js";

/** A parsed command line. */
export interface Invocation<Name extends CommandName = CommandName> {
  /** Name of the subcommand; `emit` without one. */
  readonly command: Name;
  /** The config as typed. */
  readonly config?: string | undefined;
  /** Does the work and prints nothing. Throws {@link Failed}. */
  readonly run: (context: Context) => Promise<Outcome<Results[Name]>>;
}

/** Services for a running command. */
export interface Context {
  /** The config to read: as typed, or the nearest one from the current directory upwards. */
  readonly configFile: (typed: string | undefined) => Promise<string>;
  readonly onProgress: OnProgress;
  /** True if a person can answer questions: at a terminal, with output for people. */
  readonly isInteractive: boolean;
}

/**
 * Adds a command to the program. `--help` loads every declaration, so a command's file imports only types and light
 * modules, and loads the rest in `run`.
 */
export type Declare = (program: Command, ask: Ask) => void;

/** Receives the command of the command line. */
export type Ask = <Name extends CommandName>(invocation: Invocation<Name>) => void;

/** The help of a config argument. */
export const configHelp = "config file (default: microvm.config.* in this directory or the nearest one above)";

/** The flags and the help of `--config`, for commands whose arguments are names. */
export const configOption = ["-c, --config <file>", configHelp] as const;

/** Text for people, one JSON object, a log of the Static Analysis Results Interchange Format, or a comment for a pull request. */
export const formats = ["human", "json", "sarif", "markdown"] as const;
export type Format = (typeof formats)[number];

const ofEveryConfig: readonly Format[] = ["human", "json", "sarif"];

/** Adds `--format` and `--json`. */
export const withFormat = (command: Command, choices: readonly Format[] = ofEveryConfig): Command =>
  command
    .addOption(new Option("--format <format>", "set the output format").choices(choices).default("human"))
    .option("--json", "same as --format json");
