import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import { type Toolchain, toolchainSchema } from "../catalogue/toolchain.js";
import { type ToolchainName, toolchains } from "../catalogue/toolchains.js";
import * as scalar from "../scalars/scalars.js";
import {
  type Module,
  moduleSchema,
  named,
  type NixData,
  nixDataSchema,
  nixExpression,
  type Package,
  packageSchema,
  record,
} from "../scalars/terms.js";
import { type Home, homeSchema } from "./home.js";
import { type GuestGroup, guestGroupSchema, type GuestUser, guestUserSchema } from "./user.js";

/** The NixOS in a VM: users, packages and modules. */
export interface VmGuest {
  /**
   * Users of the guest by name, in addition to the host's main user.
   *
   * @default {}
   * @example { bob: { uid: 1001, gid: 100 } }
   */
  readonly users?: Readonly<Record<string, GuestUser>> | undefined;

  /**
   * Groups of the guest by name, in addition to those of its users.
   *
   * @default {}
   * @example { data: { gid: 2000 } }
   */
  readonly groups?: Readonly<Record<string, GuestGroup>> | undefined;

  /**
   * Lets the main user become root in the guest: it is in `wheel`, and `sudo` asks for no password. Otherwise only
   * users that a module adds to `wheel` may run `sudo`.
   *
   * @default false
   */
  readonly sudo?: boolean | undefined;

  /**
   * Toolchains, each a set of packages with their environment: known names, or custom ones.
   *
   * @default []
   * @example ["go", "protobuf"]
   */
  readonly toolchains?: readonly (ToolchainName | Toolchain)[] | undefined;

  /**
   * Adds nix-ld and `/bin/bash`, so that programs built for other distributions start, such as downloads of npm, PyPI
   * and VS Code.
   *
   * @default true if a toolchain needs it (`node`, `python`)
   */
  readonly unpatchedBinaries?: boolean | undefined;

  /**
   * Packages for every user of the guest.
   *
   * @default []
   * @example ["git", "ripgrep", "python3Packages.requests"]
   */
  readonly packages?: readonly Package[] | undefined;

  /**
   * The main user's home-manager configuration: programs and modules.
   *
   * @default []
   * @example ["zsh", "emacs", "./home.nix"]
   */
  readonly home?: readonly Home[] | undefined;

  /**
   * NixOS modules of the guest, for everything without a setting here.
   *
   * @default []
   * @example ["./docker.nix"]
   */
  readonly modules?: readonly Module[] | undefined;

  /**
   * Additional arguments of the guest's modules.
   *
   * @default {}
   * @example { site: "berlin" }
   */
  readonly specialArgs?: Readonly<Record<string, NixData>> | undefined;

  /**
   * The guest's package set, as Nix with `inputs`, `pkgs`, `lib` and `config` in scope; null for a separate one, which
   * modules of the guest can configure with `nixpkgs.config`.
   *
   * @default the host's
   */
  readonly pkgs?: Expr | null | undefined;

  /**
   * The flake input that provides the guest's NixOS modules.
   *
   * @default the one of the guest's package set
   * @example "nixpkgs-unstable"
   */
  readonly nixpkgs?: string | undefined;

  /**
   * Environment variables of this VM only, in every shell of its guest. They are on the kernel's command line, so do
   * not put secrets here.
   *
   * @default {}
   * @example { PROJECT: "emacs" }
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;

  /**
   * The NixOS of the guest. `"shared"`: all VMs of the host with an equal guest share one NixOS, which gets its name and addresses at boot.
   * `"own"`: a NixOS for this VM only, whose modules can read its host name and addresses from `config`; it takes a
   * separate evaluation.
   *
   * @default "shared"
   * @example "own"
   */
  readonly guest?: "shared" | "own" | undefined;

  /**
   * The NixOS release with which the guest was first installed, its `system.stateVersion`.
   *
   * @default the host's
   * @example "25.11"
   */
  readonly stateVersion?: string | undefined;
}

export const vmGuestShape = {
  users: record(scalar.userName, guestUserSchema).default({}),
  groups: record(scalar.ownGroupName, guestGroupSchema).default({}),
  sudo: z.boolean().default(false),
  toolchains: z.array(named<ToolchainName, typeof toolchainSchema>(toolchains, toolchainSchema)).default([]),
  unpatchedBinaries: z.boolean().optional(),
  packages: z.array(packageSchema).default([]),
  home: z.array(homeSchema).default([]),
  modules: z.array(moduleSchema).default([]),
  specialArgs: record(scalar.inputName, nixDataSchema).default({}),
  pkgs: nixExpression.nullable().optional(),
  nixpkgs: scalar.inputName.optional(),
  environment: record(scalar.variableName, scalar.variableValue).default({}),
  guest: z.enum(["shared", "own"]).default("shared"),
  stateVersion: scalar.stateVersion.optional(),
};
