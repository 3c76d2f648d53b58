import type { Command } from "commander";
import type { Pair } from "../git/clone.js";
import type { Context } from "./command.js";
import { type VmOptions, whereOf, withVmOptions } from "./vm-options.js";

/** The options of the commands that exchange commits with a VM. */
export interface WorkOptions extends VmOptions {
  readonly repo?: string;
}

/** Adds the options that select the machine of the VM and the clone. */
export const withWorkOptions = (command: Command): Command =>
  withVmOptions(
    command.option("--repo <dir>", "your clone (default: workspace.repo of the config, or the current directory)"),
  );

/** The VM and the clone of a command line. */
export const pairFor = async (name: string, options: WorkOptions, context: Context): Promise<Pair> => {
  const [{ findVm }, { pairOf }] = await Promise.all([import("../vm/find.js"), import("../git/clone.js")]);
  return pairOf(await findVm(name, whereOf(options, context)), options.repo);
};
