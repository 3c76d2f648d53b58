/** A flake input before defaults are merged in. */
export interface InputDefault {
  readonly url: string;
  /** `follows` of the input: input name inside it → input name in the flake. */
  readonly follows: Readonly<Record<string, string>>;
  /** False for a plain source tree. */
  readonly flake?: false;
}

/** The version of this project, whose npm package has the library in `nix/`. */
const version = "0.1.0";

/** The NixOS release that emitted flakes follow when the config names none. */
const release = "26.05";

const followsNixpkgs = { nixpkgs: "nixpkgs" };

/** home-manager has a branch per release of NixOS, and one for unstable. */
const homeManagerFor = (nixpkgs: string): string => {
  const [, released] = /-(\d\d\.\d\d)\b/.exec(nixpkgs) ?? [];
  const homeManager = "github:nix-community/home-manager";
  if (released !== undefined) return `${homeManager}/release-${released}`;
  return /unstable|master/.test(nixpkgs) ? homeManager : `${homeManager}/release-${release}`;
};

const releasedNixpkgs = `github:nixos/nixpkgs/nixos-${release}`;

/** The inputs every config has, by the URL of its nixpkgs; a flake declares those that it uses. */
export const defaultInputs = (nixpkgs = releasedNixpkgs): Readonly<Record<string, InputDefault>> => ({
  nixpkgs: { url: releasedNixpkgs, follows: {} },
  "nixpkgs-unstable": { url: "github:nixos/nixpkgs/nixos-unstable", follows: {} },
  microvm: { url: "github:microvm-nix/microvm.nix", follows: followsNixpkgs },
  "home-manager": { url: homeManagerFor(nixpkgs), follows: followsNixpkgs },
  "microvm-emit": {
    url: `https://registry.npmjs.org/microvm-emit/-/microvm-emit-${version}.tgz`,
    follows: {},
    flake: false,
  },
});
