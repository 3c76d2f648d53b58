import type { Command } from "commander";
import { noFindings, type Outcome } from "../report/outcome.js";
import type { NoResult } from "./results.js";
import type { Where } from "../vm/find.js";
import { configHelp, type Context, withFormat } from "./command.js";

/** The options of every command on VMs. */
export interface VmOptions {
  readonly config?: string;
  readonly hostSsh?: string;
  readonly json?: boolean;
  readonly format?: string;
}

/** Adds the options that select the machine of a VM, and `--json`. */
export const withVmOptions = (command: Command): Command =>
  withFormat(
    command
      .option("-c, --config <file>", configHelp)
      .option(
        "--host-ssh <destination>",
        "ssh destination of the host (default: this machine, or the host in the config)",
      ),
    ["human", "json"],
  );

/** The examples below the help of a command. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ microvm-emit ${line}\n`).join("")}`;

export const whereOf = ({ config, hostSsh }: VmOptions, { configFile }: Context): Where => ({
  config,
  hostSsh,
  configFile,
});

export const isJson = ({ json, format }: VmOptions): boolean => json === true || format === "json";

/** The outcome of a command that used the terminal itself. */
export const attached = (exitCode: number): Outcome<NoResult> => ({
  json: {},
  text: () => "",
  findings: noFindings,
  exitCode,
});
