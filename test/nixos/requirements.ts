/** Requirements of the tests that boot NixOS. */
import { whatIsMissing } from "../lab/requirements.js";
import { rig } from "../nix/rig.js";

/** The reason why NixOS cannot boot here, with a remedy; undefined if it can. */
export const whatNixosMisses = (): string | undefined =>
  rig === undefined
    ? "the modules of NixOS, microvm.nix and home-manager are not at hand: set MICROVM_EMIT_RIG"
    : whatIsMissing();
