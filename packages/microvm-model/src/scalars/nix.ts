import { text, pattern, isLine } from "./text.js";

/** An attribute that a flake input provides. */
export const inputAttribute = text({
  holds: pattern(/^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_'-]*)+$/),
  complaint: "is not an attribute of a flake input",
  remedy: "Write input and attribute, such as fleet.nixosConfigurations.web.",
});

/** A NixOS release such as 25.11. */
export const stateVersion = text({
  holds: pattern(/^\d\d\.\d\d$/),
  complaint: "is not a NixOS release",
  remedy: "Write the release that the machine was first installed with, such as 25.11.",
});

/** The name of a flake input, also usable as a Nix variable. */
export const inputName = text({
  holds: (value) =>
    /^[A-Za-z][A-Za-z0-9_-]*$/.test(value) &&
    !["self", "assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"].includes(value),
  complaint: "is not a name for a flake input",
  remedy: "Use letters, digits, `_` and `-`, but no Nix keyword and not `self`.",
});

/** The target of `follows`: an input of the flake, an input of an input (`a/b`), or nothing (empty). */
export const followsPath = text({
  holds: pattern(/^([A-Za-z][A-Za-z0-9_-]*(\/[A-Za-z][A-Za-z0-9_-]*)*)?$/),
  complaint: "is not a flake input",
  remedy: "Write the name of an input, such as nixpkgs.",
});

/** A flake reference such as `github:nixos/nixpkgs/nixos-26.05`. */
export const flakeRef = text({
  holds: (value) => value !== "" && !/\s/.test(value) && isLine(value),
  complaint: "is not a flake reference",
  remedy: "Write a reference such as github:owner/repo or path:../other.",
});

/** An attribute path below `pkgs`, such as `git` or `python3Packages.requests`. */
export const packageName = text({
  holds: pattern(/^[A-Za-z_][A-Za-z0-9_'-]*(\.[A-Za-z0-9_][A-Za-z0-9_'-]*)*$/),
  complaint: "is not a package name",
  remedy: "Write the attribute below pkgs, such as ripgrep or nodePackages.prettier.",
});

/** A path relative to the config file, or a module that an input provides. */
export const moduleReference = text(
  {
    holds: (value) => !/^[/~]/.test(value),
    complaint: "is an absolute path, which a flake cannot read",
    remedy: "Keep the module beside the config and write a relative path, such as ./configuration.nix.",
  },
  {
    holds: (value) => /^\.{1,2}\//.test(value) || !value.endsWith(".nix"),
    complaint: "is a relative path without `./`",
    remedy: "Put `./` in front of it.",
  },
  {
    holds: (value) =>
      isLine(value) && /^(\.{1,2}\/.|[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_'-]*)+$)/.test(value),
    complaint: "is not a module",
    remedy: "Write a relative path (./configuration.nix) or an input's attribute (stapelbergnix.lib.userSettings).",
  },
);
