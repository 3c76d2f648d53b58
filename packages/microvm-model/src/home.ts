import type { z } from "zod";
import type { emacsSchema, homeSchema, inputFileSchema, zshSchema } from "./config.js";

/** A part of a user's home-manager configuration. */
export type Home = z.input<typeof homeSchema>;

/** A file or folder of a flake input, mostly one with `flake: false`. */
export type InputFile = z.input<typeof inputFileSchema>;

/** `path` inside the flake input `input`: `fromInput("configfiles", "zshrc")`. */
export const fromInput = (input: string, path: string): InputFile => ({ input, path });

type Zsh = z.input<typeof zshSchema>;

/** Zsh as the user's shell, with its history and start-up files. */
export const zsh = (options: Omit<Zsh, "program"> = {}): Zsh => ({ program: "zsh", ...options });

type Emacs = z.input<typeof emacsSchema>;

/** Emacs, with a package of its own and a config folder where given. */
export const emacs = (options: Omit<Emacs, "program"> = {}): Emacs => ({ program: "emacs", ...options });
