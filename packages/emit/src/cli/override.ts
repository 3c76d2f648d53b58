import { InvalidArgumentError } from "commander";
import type { Override } from "../check/run-nix.js";

/** The program joins the two values by `=`. */
const collectOverride = (given: string, before: readonly Override[] = []): readonly Override[] => {
  const at = given.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It takes a name and a flake reference.");
  return [...before, [given.slice(0, at), given.slice(at + 1)]];
};

/** The arguments of `option` for `--override-input`. */
export const overrideOption = (help = "replace a flake input, such as nixpkgs path:$HOME/nixpkgs") =>
  ["--override-input <name> <ref>", help, collectOverride] as const;
