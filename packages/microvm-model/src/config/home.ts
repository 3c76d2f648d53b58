import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type Module, moduleSchema, object, type Package, packageSchema } from "../scalars/terms.js";

/**
 * A part of a user's home-manager configuration: `"zsh"` or `"emacs"` with defaults, `zsh({ … })` or `emacs({ … })`
 * with settings, or a home-manager module.
 */
export type Home = Zsh | Emacs | Module;

/** Zsh as the user's shell, with its history and start-up files; `zsh({ … })` creates one. */
export interface Zsh {
  /** The name of the program. */
  readonly program: "zsh";

  /**
   * Settings of the command history.
   *
   * @default home-manager's
   */
  readonly history?: ZshHistory | undefined;

  /**
   * The start of `.zshrc`, in order: text, or files of flake inputs.
   *
   * @default []
   * @example [fromInput("configfiles", "zshrc"), "alias ll='ls -l'"]
   */
  readonly init?: readonly (string | InputFile)[] | undefined;

  /**
   * Shell code for this VM only, at the end of `.zshrc`.
   *
   * @default none
   * @example "export EDITOR=emacs"
   */
  readonly extraInit?: string | undefined;
}

/** Zsh's history, home-manager's `programs.zsh.history`. */
export interface ZshHistory {
  /**
   * The number of commands that a running shell keeps in memory.
   *
   * @default home-manager's
   */
  readonly size?: number | undefined;

  /**
   * The number of commands in the history file.
   *
   * @default home-manager's
   */
  readonly save?: number | undefined;

  /**
   * Leaves out a command that repeats the previous one.
   *
   * @default home-manager's
   */
  readonly ignoreDups?: boolean | undefined;

  /**
   * Shares new commands between running shells at once.
   *
   * @default home-manager's
   */
  readonly share?: boolean | undefined;

  /**
   * Makes a shell append to the history file at exit instead of replacing it.
   *
   * @default home-manager's
   */
  readonly append?: boolean | undefined;
}

/** Emacs for the user; `emacs({ … })` creates one. */
export interface Emacs {
  /** The name of the program. */
  readonly program: "emacs";

  /**
   * The Emacs to install.
   *
   * @default home-manager's
   * @example "emacs-nox"
   */
  readonly package?: Package | undefined;

  /**
   * A folder of a flake input, linked to `~/.config/emacs`.
   *
   * @default none
   * @example fromInput("configfiles", "config/emacs")
   */
  readonly configDirectory?: InputFile | undefined;
}

/**
 * A file or folder of a flake input, usually of one with `flake: false`; `fromInput("configfiles", "zshrc")` creates
 * one.
 */
export interface InputFile {
  /** The name of the flake input. */
  readonly input: string;

  /**
   * The path inside it, without a leading slash.
   *
   * @example "config/emacs"
   */
  readonly path: string;
}

export const inputFileSchema = object({
  input: scalar.inputName,
  path: scalar.line,
});

export const zshSchema = object({
  program: z.literal("zsh"),
  history: object({
    size: z.int().positive().optional(),
    save: z.int().positive().optional(),
    ignoreDups: z.boolean().optional(),
    share: z.boolean().optional(),
    append: z.boolean().optional(),
  }).optional(),
  init: z.array(z.union([scalar.anyText, inputFileSchema])).default([]),
  extraInit: scalar.anyText.optional(),
});

export const emacsSchema = object({
  program: z.literal("emacs"),
  package: packageSchema.optional(),
  configDirectory: inputFileSchema.optional(),
});

export const homeSchema = z.union([
  z.enum(["zsh", "emacs"]).transform((program) => (program === "zsh" ? zshSchema : emacsSchema).parse({ program })),
  z.discriminatedUnion("program", [zshSchema, emacsSchema]),
  moduleSchema,
]);
