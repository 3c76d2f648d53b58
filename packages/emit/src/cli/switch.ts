import type { Project } from "../vm/find.js";
import type { Machine } from "../vm/machine.js";
import { quoted } from "../vm/shell-words.js";
import { flakeReference } from "./next-commands.js";

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
