import type { InputPlan } from "./plan.js";

/** A NixOS release such as `26.05`, or `unstable`, which comes after all releases. */
export type NixpkgsRelease = string;

/**
 * The release of NixOS that a flake input follows, from its URL: a branch of NixOS/nixpkgs, a channel, or `nixpkgs` of
 * the flake registry. Null for a commit, a path or a fork, whose packages are unknown.
 */
export const releaseOf = (url: string): NixpkgsRelease | null => {
  const [, branch = "nixpkgs-unstable"] = sources.map((source) => source.exec(url)).find((match) => match !== null) ?? [
    null,
    "",
  ];
  const [, released] = /^(?:nixos|nixpkgs|release)-(\d\d\.\d\d)(?:-(?:small|darwin))?$/.exec(branch) ?? [];
  return released ?? (unstableBranches.test(branch) ? "unstable" : null);
};

/** The release of an input of the plan, by name. */
export const releaseOfInput = (inputs: readonly InputPlan[], name: string): NixpkgsRelease | null => {
  const url = inputs.find((input) => input.name === name)?.url;
  return url === undefined ? null : releaseOf(url);
};

/** Each captures the branch; without one, the default branch is meant (Nix manual, `nix3-flake`). */
const sources: readonly RegExp[] = [
  /^github:nixos\/nixpkgs(?:\/([^/?]+))?$/i,
  /^github:nixos\/nixpkgs\?ref=([^&]+)$/i,
  /^git\+(?:https|ssh):\/\/(?:git@)?github\.com\/nixos\/nixpkgs(?:\.git)?(?:\?(?:shallow=1&)?ref=([^&]+)(?:&shallow=1)?)?$/i,
  /^https:\/\/github\.com\/nixos\/nixpkgs\/archive\/(?:refs\/heads\/)?([^/]+)\.(?:tar\.gz|zip)$/i,
  /^https:\/\/(?:channels\.)?nixos\.org\/(?:channels\/)?([^/]+)(?:\/nixexprs\.tar\.[a-z0-9]+)?$/,
  /^(?:flake:)?nixpkgs(?:\/([^/?]+))?$/,
];

const unstableBranches = /^(?:nixos-unstable|nixpkgs-unstable|master|staging|staging-next)(?:-small)?$/;
