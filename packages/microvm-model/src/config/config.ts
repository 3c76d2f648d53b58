import { z } from "zod";
import { type Host, hostSchema } from "./host.js";
import { object, record } from "../scalars/terms.js";
import { type Silences, silenceSchema } from "./silence.js";
import * as scalar from "../scalars/scalars.js";

/*
 * The config as a person writes it: each type beside its schema. The types are written out, because types inferred from a schema
 * show no documentation in an editor. A test compares the two, and every `@default`.
 */

/** A NixOS flake: hosts, their VMs, and the sources of both. */
export interface Config {
  /**
   * The description of the emitted flake, on one line.
   *
   * @default "NixOS hosts and their microVMs"
   */
  readonly description?: string | undefined;

  /**
   * Flake inputs by name, each a URL or a `FlakeInput`. `nixpkgs`, `nixpkgs-unstable`, `microvm`, `home-manager` and
   * `microvm-emit` exist by default; an entry replaces their URL.
   *
   * @default {}
   * @example { nixpkgs: "github:nixos/nixpkgs/nixos-25.11", dotfiles: { url: "github:me/dotfiles", flake: false } }
   */
  readonly inputs?: Readonly<Record<string, string | FlakeInput>> | undefined;

  /**
   * The place of microvm-emit's own NixOS modules: `"copied"` into the folder `microvm-emit`, so that the flake does
   * not depend on this project, or `"input"`, the flake input `microvm-emit` with this version's npm package.
   *
   * @default "copied"
   */
  readonly library?: "copied" | "input" | undefined;

  /**
   * False writes no `flake.nix`, only modules into the folder `microvms`: your own flake has the inputs and imports
   * `hosts/NAME` of that folder. `microvm-emit init --into flake.nix` prepares it.
   *
   * @default true
   */
  readonly flake?: boolean | undefined;

  /** NixOS hosts by name, each the flake's `nixosConfigurations.NAME`; names are lower-case letters, digits and hyphens. */
  readonly hosts: Readonly<Record<string, Host>>;

  /**
   * Warnings to silence here, by code, each with a reason.
   *
   * @default {}
   * @example { "label-without-creation": "the image has its label already" }
   */
  readonly silence?: Silences | undefined;
}

/** A flake input that needs more than a URL. */
export interface FlakeInput {
  /**
   * The flake reference. Optional for the default inputs.
   *
   * @default the URL of the default input
   * @example "github:stapelberg/configfiles"
   */
  readonly url?: string | undefined;

  /**
   * The `follows` of the input: input name inside it → an input of this flake, an input of another input
   * (`"home-manager/nixpkgs"`), or `""` for none.
   *
   * @default the input's default: `nixpkgs` for `microvm` and `home-manager`, else none
   * @example { nixpkgs: "nixpkgs" }
   */
  readonly follows?: Readonly<Record<string, string>> | undefined;

  /**
   * False for a plain source tree, such as a repository of dotfiles.
   *
   * @default true
   */
  readonly flake?: boolean | undefined;
}

const inputSchema = object({
  url: scalar.flakeRef.optional(),
  follows: record(scalar.inputName, scalar.followsPath).optional(),
  flake: z.boolean().optional(),
});

/** The only description of a valid config; defaults and messages come from it. */
export const configSchema = object({
  description: scalar.line.default("NixOS hosts and their microVMs"),
  inputs: record(scalar.inputName, z.union([scalar.flakeRef.transform((url) => ({ url })), inputSchema])).default({}),
  library: z.enum(["copied", "input"]).default("copied"),
  flake: z.boolean().default(true),
  hosts: record(scalar.hostLabel, hostSchema),
  silence: silenceSchema().default({}),
});

/** A config with every default filled in. */
export type Model = z.output<typeof configSchema>;
/** A host with every default filled in. */
export type HostModel = Model["hosts"][string];
/** A VM with every default filled in. */
export type VmModel = HostModel["vms"][string];
