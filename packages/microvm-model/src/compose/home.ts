import type { Emacs, InputFile, Zsh } from "../config/home.js";

/** `path` inside the flake input `input`: `fromInput("configfiles", "zshrc")`. */
export const fromInput = (input: string, path: string): InputFile => ({ input, path });

/** Zsh as the user's shell, with its history and start-up files. */
export const zsh = (options: Omit<Zsh, "program"> = {}): Zsh => ({ program: "zsh", ...options });

/** Emacs, with an optional package and config folder. */
export const emacs = (options: Omit<Emacs, "program"> = {}): Emacs => ({ program: "emacs", ...options });
