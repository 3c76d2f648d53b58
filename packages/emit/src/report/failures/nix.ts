import { formatPath } from "@microvm-emit/model";
import type { Diagnostic, RelatedDiagnostic } from "../diagnostic.js";
import type { FailedHost, UnreachableModule } from "../failure.js";
import type { Rows } from "./row.js";

/** Failures of Nix and of flakes. */
export const nixFailures = {
  /**
   * No flake imports the modules
   *
   * With `flake: false`, the config writes only modules, and your own flake builds the hosts. `check` evaluates that
   * flake: the nearest `flake.nix` above the modules.
   */
  "own-flake-missing": {
    exitCode: 1,
    words: ({ directory }) => ({
      subject: directory,
      message: "The config has `flake: false`, but no directory above has a flake.nix.",
      remedy: "Remove `flake: false`, or run `microvm-emit init --into path/to/flake.nix`.",
    }),
  },
  /**
   * The flake has no place to edit
   *
   * `init --into` adds inputs to `inputs` and a module to the `modules` of a `nixosSystem` call. Both must be literals
   * in the file. If the flake computes them, or builds hosts with a function from another file, add the lines of the report by
   * hand. `init` writes the config and the modules all the same, and adds the inputs if it can.
   */
  "flake-not-editable": {
    exitCode: 1,
    words: ({ file, reason, byHand }) => ({
      subject: file,
      message: `The host's module cannot be added to the flake: ${reason}.`,
      remedy:
        byHand.length === 0
          ? "Pass the path of the file itself with --into."
          : "Add the above to the flake by hand. If the flake builds the host under another name, use this name in the config.",
      details: byHand,
    }),
  },
  /**
   * Module invisible to Nix
   *
   * Nix evaluates a copy of the flake's source: in a git work tree, the files that git tracks; otherwise, the
   * directory. It cannot find a module that is missing, outside of this source or ignored by git.
   */
  "modules-unreachable": {
    exitCode: 1,
    words: ({ root, modules }) => ({
      subject: root,
      message: "Nix cannot find modules of the config.",
      remedy: "Correct the paths (relative to the config), or move the files into this directory.",
      details: modules.map(({ path, reason }) => `${path} ${unreachableWords[reason]}`),
    }),
  },
  /**
   * Directory of the config too large
   *
   * Outside a git work tree, Nix copies the whole directory to its store for every evaluation. With a config in a home
   * directory, this is the whole home.
   */
  "source-too-large": {
    exitCode: 2,
    words: ({ root, limit }) => ({
      subject: root,
      message: `The directory of the config has more than ${limit}, and Nix would copy all of it.`,
      remedy: "Move the config to a separate directory, or keep it in a git work tree.",
    }),
  },
  /**
   * Source cannot be copied for check
   *
   * `check` evaluates a copy in a temporary directory, and writes nothing to yours. Making the copy failed, usually
   * because the disk is full.
   */
  "mirror-failed": {
    exitCode: 2,
    words: ({ root, cause }) => ({
      subject: root,
      message: `The source cannot be copied to a temporary directory: ${cause}.`,
      remedy: "Free some space, or set TMPDIR to a writable directory.",
    }),
  },
  /**
   * nix not found on the PATH
   *
   * `check` evaluates every host with Nix. To write the flake, microvm-emit does not need Nix.
   */
  "nix-missing": {
    exitCode: 2,
    words: () => ({
      message: "`nix` is not on the PATH, but `check` needs it.",
      remedy: "Install it (https://nixos.org/download, or `apt install nix-bin` on Debian and Ubuntu).",
    }),
  },
  /**
   * Nix could not run
   *
   * Nix failed before the evaluation of a host, for example because of the network, its store or an unavailable input.
   * The report shows its message.
   */
  "nix-failed": {
    exitCode: 2,
    words: ({ cause }) => ({
      message: "Nix could not run.",
      remedy: "Fix the cause (network, store or inputs) and check again.",
      details: cause.split("\n"),
    }),
  },
  /**
   * Nix cannot evaluate a host
   *
   * NixOS refuses the configuration: an unknown option, a conflict, a failed assertion or a missing package. The report
   * shows the part of the config or of your module that caused the error. `--verbose` shows the full output of
   * Nix.
   */
  "evaluation-failed": { exitCode: 1, words: ({ hosts }) => hosts.map(failedHost) },
  /**
   * Host with the VMs does not evaluate
   *
   * `adopt` evaluates `nixosConfigurations.HOST` of your flake with all of its VMs. The report shows the error of Nix.
   */
  "host-not-read": {
    exitCode: 1,
    words: ({ host, cause }) => ({
      subject: host,
      message: "Nix cannot evaluate the VMs of the host.",
      remedy: "Fix the error, or override a missing input: --override-input NAME REF.",
      details: cause.split("\n"),
    }),
  },
  /**
   * The host has no VMs
   *
   * `adopt` reads the VMs that a host defines in microvm.nix's `microvm.vms`. VMs from `microvm -c` are not part of any
   * configuration, so `adopt` cannot read them.
   */
  "nothing-to-adopt": {
    exitCode: 1,
    words: ({ host }) => ({
      subject: host,
      message: "The host has no VM in `microvm.vms`.",
      remedy: "Name a host with VMs, or run `microvm-emit init`.",
    }),
  },
  /**
   * The graph engine is missing
   *
   * `microvm-emit graph` draws with packages that npm leaves out with `--omit=optional`. `--format mermaid` and
   * `--format dot` work without them.
   */
  "engine-missing": {
    exitCode: 2,
    words: ({ package: name }) => ({
      message: `The package ${name} is not installed.`,
      remedy: `Install it: npm install ${name}. Or use --format mermaid.`,
    }),
  },
} satisfies Partial<Rows>;

/** The diagnostic of a host that Nix cannot evaluate, at the part of the config that caused it. */
const failedHost = ({ host, message, origins }: FailedHost): Diagnostic => {
  const [first, ...others] = origins;
  const path = first?.path ?? ["hosts", host];
  const emitted = origins.flatMap((origin) => origin.emitted ?? []);
  const related: readonly RelatedDiagnostic[] = [
    ...others.map(({ path: other, place }) => ({
      subject: other === undefined ? "a module" : formatPath(other),
      note: "is involved",
      ...(place === undefined ? {} : { place }),
    })),
    ...emitted.map((place) => ({ subject: "emitted as", place, note: place.lineText?.trim() ?? "" })),
  ];
  return {
    code: "evaluation-failed",
    severity: "error",
    subject: formatPath(path),
    path,
    ...(first?.place === undefined ? {} : { place: first.place }),
    message: `Nix cannot evaluate the host ${host}.`,
    remedy: "Fix the error that Nix reports. --verbose shows its full output.",
    details: message.split("\n"),
    ...(related.length === 0 ? {} : { related }),
  };
};

const unreachableWords: Readonly<Record<UnreachableModule["reason"], string>> = {
  missing: "does not exist",
  outside: "is outside the source tree that Nix sees",
  ignored: "is ignored by git, so Nix does not see it",
};
