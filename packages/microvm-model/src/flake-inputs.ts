/** A flake input before defaults are merged in. */
export interface InputDefault {
  readonly url: string;
  /** Inputs of the input that are ours instead: its input name → our input name. */
  readonly follows: Readonly<Record<string, string>>;
}

/** The NixOS release that emitted flakes follow when the config names none. */
const release = "26.05";

const followsNixpkgs = { nixpkgs: "nixpkgs" };

/** The inputs every config has; a flake declares those that it uses. */
export const defaultInputs = {
  nixpkgs: { url: `github:nixos/nixpkgs/nixos-${release}`, follows: {} },
  "nixpkgs-unstable": { url: "github:nixos/nixpkgs/nixos-unstable", follows: {} },
  microvm: { url: "github:microvm-nix/microvm.nix", follows: followsNixpkgs },
  "home-manager": { url: `github:nix-community/home-manager/release-${release}`, follows: followsNixpkgs },
} as const satisfies Record<string, InputDefault>;
