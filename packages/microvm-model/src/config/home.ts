import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type Module, moduleSchema, object, type Package, packageSchema } from "../scalars/terms.js";

/**
 * A part of a user's home-manager configuration: `"zsh"` or `"emacs"` as they come, `zsh({ … })` or `emacs({ … })` with
 * settings, or a home-manager module.
 */
export type Home = Zsh | Emacs | Module;

/** Zsh as the user's shell, with its history and start-up files; `zsh({ … })` makes one. */
export interface Zsh {
  /** Which program this is. */
  readonly program: "zsh";

  /**
   * What zsh remembers of commands.
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
   * Shell code of this VM alone, at the end of `.zshrc`.
   *
   * @default none
   * @example "export EDITOR=emacs"
   */
  readonly extraInit?: string | undefined;
}

/** Zsh's history, home-manager's `programs.zsh.history`, which has the defaults. */
export interface ZshHistory {
  /**
   * How many commands a running shell keeps in memory.
   *
   * @default home-manager's
   */
  readonly size?: number | undefined;

  /**
   * How many commands the history file keeps.
   *
   * @default home-manager's
   */
  readonly save?: number | undefined;

  /**
   * Whether a command that repeats the one before it is left out.
   *
   * @default home-manager's
   */
  readonly ignoreDups?: boolean | undefined;

  /**
   * Whether running shells see each other's commands at once.
   *
   * @default home-manager's
   */
  readonly share?: boolean | undefined;

  /**
   * Whether a shell that ends adds to the history file, where it would else replace it.
   *
   * @default home-manager's
   */
  readonly append?: boolean | undefined;
}

/** Emacs for the user; `emacs({ … })` makes one. */
export interface Emacs {
  /** Which program this is. */
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

/** A file or folder of a flake input, mostly one with `flake: false`; `fromInput("configfiles", "zshrc")` makes one. */
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
  /** The name of a flake input. */
  input: scalar.inputName,
  /** The path inside it, without a leading slash. */
  path: scalar.line,
});

export const zshSchema = object({
  program: z.literal("zsh"),
  /** `programs.zsh.history`; sizes count lines, in memory (`size`) and on disk (`save`). */
  history: object({
    size: z.int().positive().optional(),
    save: z.int().positive().optional(),
    ignoreDups: z.boolean().optional(),
    share: z.boolean().optional(),
    append: z.boolean().optional(),
  }).optional(),
  /** The start of `.zshrc`, in order: text, or files of flake inputs. */
  init: z.array(z.union([scalar.anyText, inputFileSchema])).default([]),
  /** Shell code of this VM alone, at the end of `.zshrc`. */
  extraInit: scalar.anyText.optional(),
});

export const emacsSchema = object({
  program: z.literal("emacs"),
  /** The Emacs to install; `pkgs`, `lib` and `inputs` are in scope of an expression. */
  package: packageSchema.optional(),
  /** A folder of a flake input, linked to `~/.config/emacs`. */
  configDirectory: inputFileSchema.optional(),
});

export const homeSchema = z.union([
  z.enum(["zsh", "emacs"]).transform((program) => (program === "zsh" ? zshSchema : emacsSchema).parse({ program })),
  z.discriminatedUnion("program", [zshSchema, emacsSchema]),
  moduleSchema,
]);
