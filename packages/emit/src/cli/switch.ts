import { Failed } from "../report/failure.js";
import type { FoundVm } from "../vm/find.js";
import { attachHere } from "../vm/machine.js";
import { flakeReference } from "./next-commands.js";
import { confirm } from "./questions.js";

/** The command that deploys the host of a VM; undefined without a config. */
export const switchCommand = ({ host: { planned, machine } }: FoundVm): readonly [string, ...string[]] | undefined => {
  if (planned === undefined) return undefined;
  const {
    host,
    project: { places, file },
  } = planned;
  const { plan } = file.planned;
  const reference = `${flakeReference(plan, places.configDir, places.outputDir)}#${host.name}`;
  const words = ["nixos-rebuild", "switch", "--flake", reference];
  if (machine.destination !== null)
    return [...(words as [string, ...string[]]), "--target-host", machine.destination, "--sudo"];
  return process.getuid?.() === 0 ? (words as [string, ...string[]]) : ["sudo", ...words];
};

/** Deploys the host of a VM after a question. */
export const runSwitch = async (
  vm: FoundVm,
  words: readonly [string, ...string[]] | undefined,
  yes: boolean,
): Promise<void> => {
  if (words === undefined)
    throw new Failed({
      kind: "usage",
      message: "--switch needs a config.",
      remedy: "Run it below the folder of the config, or name the config with -c.",
    });
  await confirm(`Run \`${words.join(" ")}\`, which deploys ${vm.host.machine.name}?`, yes);
  const exitCode = await attachHere(words);
  if (exitCode !== 0)
    throw new Failed({ kind: "command-failed", host: vm.host.machine.name, command: words.join(" "), cause: "" });
};
