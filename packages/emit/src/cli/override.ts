import { InvalidArgumentError } from "commander";
import type { Override } from "../check/run-nix.js";

/** Collects the values of `--override-input`, which the program joins by `=`. */
export const collectOverride = (given: string, before: readonly Override[] = []): readonly Override[] => {
  const at = given.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It takes a name and a flake reference.");
  return [...before, [given.slice(0, at), given.slice(at + 1)]];
};
