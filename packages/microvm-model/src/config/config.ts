import { z } from "zod";
import { type Host, hostSchema } from "./host.js";
import { object, record } from "../scalars/terms.js";
import { type Silences, silenceSchema } from "./silence.js";
import * as scalar from "../scalars/scalars.js";

/*
 * What a person writes: each type beside the schema that takes it. The types are written out since declarations inferred
 * from a schema carry no documentation to an editor; a test holds the two, and every `@default`, to each other.
 */

/** A NixOS flake, as a person describes it: hosts, what runs on them, and where it comes from. */
export interface Config {
  /**
   * The description of the emitted flake, on one line.
   *
   * @default "NixOS hosts and their microVMs"
   */
  readonly description?: string | undefined;

  /**
   * Flake inputs by name, each a URL or a `FlakeInput`. `nixpkgs`, `nixpkgs-unstable`, `microvm`, `home-manager`
   * and `microvm-emit` are there without being written; writing one replaces its URL.
   *
   * @default {}
   * @example { nixpkgs: "github:nixos/nixpkgs/nixos-25.11", dotfiles: { url: "github:me/dotfiles", flake: false } }
   */
  readonly inputs?: Readonly<Record<string, string | FlakeInput>> | undefined;

  /**
   * Where the flake has microvm-emit's own NixOS modules: `"copied"` into the folder `microvm-emit`, so that the flake needs
   * nothing of this project, or taken from the flake input `microvm-emit`, which is this version's npm package.
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
   * Warnings that are known and meant, by code, each with the reason; they hold for all that is described here.
   *
   * @default {}
   * @example { "label-without-creation": "the image has its label already" }
   */
  readonly silence?: Silences | undefined;
}

/** A flake input, where a URL alone does not say enough. */
export interface FlakeInput {
  /**
   * The flake reference; it may be left out for the inputs that are there without being written.
   *
   * @default that input's own
   * @example "github:stapelberg/configfiles"
   */
  readonly url?: string | undefined;

  /**
   * Which of its inputs are ours instead: its input name → the name of an input of ours, an input of that
   * (`"home-manager/nixpkgs"`), or `""` for none.
   *
   * @default what the input has by itself: `nixpkgs` for `microvm` and `home-manager`, else nothing
   * @example { nixpkgs: "nixpkgs" }
   */
  readonly follows?: Readonly<Record<string, string>> | undefined;

  /**
   * Whether the input is a flake; false for a plain source tree, such as a repository of dotfiles.
   *
   * @default true
   */
  readonly flake?: boolean | undefined;
}

const inputSchema = object({
  url: scalar.flakeRef.optional(),
  /** Inputs of the input that are ours instead: its input name → our input name. */
  follows: record(scalar.inputName, scalar.followsPath).optional(),
  /** False for a plain source tree. */
  flake: z.boolean().optional(),
});

/** The one description of what a config may hold; types, defaults and messages come from it. */
export const configSchema = object({
  description: scalar.line.default("NixOS hosts and their microVMs"),
  /** Flake inputs: own ones, or others in place of the defaults; a string is a URL. */
  inputs: record(scalar.inputName, z.union([scalar.flakeRef.transform((url) => ({ url })), inputSchema])).default({}),
  library: z.enum(["copied", "input"]).default("copied"),
  flake: z.boolean().default(true),
  hosts: record(scalar.hostLabel, hostSchema),
  silence: silenceSchema().default({}),
});

/** A config with every default filled in. */
export type Model = z.output<typeof configSchema>;
/** A host of it. */
export type HostModel = Model["hosts"][string];
/** A VM of it. */
export type VmModel = HostModel["vms"][string];
