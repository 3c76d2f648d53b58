import { Failed } from "../report/failure.js";
import type { FoundVm, Project } from "../vm/find.js";
import { attachHere, type Machine } from "../vm/machine.js";
import { quoted } from "../vm/shell-words.js";
import { flakeReference } from "./next-commands.js";
import { confirm } from "./questions.js";

/**
 * The command that switches a host. Every release of nixos-rebuild knows `--use-remote-sudo`: until 25.05 it has no `--sudo`, and the
 * program of later releases, which only warns, can start an older one of the flake (nixpkgs#425637).
 */
export const switchWords = (
  { places, file }: Project,
  host: string,
  { destination }: Machine,
): readonly [string, ...string[]] => {
  const reference = `${flakeReference(file.planned.plan, places.configDir, places.outputDir)}#${host}`;
  const words = ["nixos-rebuild", "switch", "--flake", reference] as const;
  if (destination === null) return process.getuid?.() === 0 ? words : ["sudo", ...words];
  const isRoot = destination.startsWith("root@");
  return [...words, "--target-host", destination, ...(isRoot ? [] : ["--use-remote-sudo"])];
};

/** The command in a form for people, without quotes around options. */
export const lineOf = (words: readonly string[]): string =>
  words.map((word) => (word.startsWith("--") ? word : quoted(word))).join(" ");

/** The command that deploys the host of a VM; undefined without a config. */
export const switchCommand = ({ host: { planned, machine } }: FoundVm): readonly [string, ...string[]] | undefined =>
  planned === undefined ? undefined : switchWords(planned.project, planned.host.name, machine);

/** Deploys the host of a VM after confirmation. */
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
