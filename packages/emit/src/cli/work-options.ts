import type { Command } from "commander";
import type { Pair } from "../git/clone.js";
import { Failed } from "../report/failure.js";
import type { Context } from "./command.js";
import { type VmOptions, whereOf, withVmOptions } from "./vm-options.js";

/** The options of the commands that exchange commits with a VM. */
export interface WorkOptions extends VmOptions {
  readonly repo?: string;
  readonly timeout?: string;
}

/** The longest time for Git to exchange commits with a VM, in seconds. */
const defaultTimeout = "600";

/** Adds the options that select the machine of the VM and the clone. */
export const withWorkOptions = (command: Command): Command =>
  withVmOptions(
    command.option("--repo <dir>", "your clone (default: workspace.repo of the config, or the current directory)"),
  );

/** The same for the commands that reach the VM. */
export const withGuestOptions = (command: Command): Command =>
  withWorkOptions(
    command.option("--timeout <seconds>", "longest time for Git to exchange commits with the VM", defaultTimeout),
  );

/** Longer timers than 32 bits of milliseconds end at once. */
const secondsOf = (text: string): number => {
  const seconds = Number(text);
  if (seconds > 0 && seconds < 2 ** 31 / 1000) return seconds;
  throw new Failed({
    kind: "usage",
    message: `--timeout ${text} is not a positive number of seconds below 2147483.`,
    remedy: "Write, for example, --timeout 1200.",
  });
};

/** The VM and the clone of a command line. */
export const pairFor = async (name: string, options: WorkOptions, context: Context): Promise<Pair> => {
  const [{ findVm }, { pairOf }] = await Promise.all([import("../vm/find.js"), import("../git/clone.js")]);
  const { repo, timeout = defaultTimeout } = options;
  return pairOf(await findVm(name, whereOf(options, context)), repo, secondsOf(timeout));
};
