import type { Plan } from "@microvm-emit/model";
import { type Expr, interp, path, str } from "@microvm-emit/nix-ast";
import type { TextFile } from "../../output-file.js";
import { readLibrary } from "./library.generated.js";
import { libraryFolder } from "./library-source.js";
import { input } from "../terms.js";

/** The files of the library, if the flake has a copy of it. */
export const copyLibrary = (source: Plan["library"]): readonly TextFile[] =>
  source === "input"
    ? []
    : Object.entries(readLibrary()).map(([path, text]) => ({
        kind: "text",
        path: `${libraryFolder}/${path}`,
        isFixed: true,
        text,
      }));

/** The library's NixOS module for hosts, as `hosts/NAME/default.nix` imports it. In the npm package it is in `nix/`. */
export const libraryModule = (source: Plan["library"]): Expr =>
  source === "input" ? str(interp(input(libraryFolder)), "/nix") : path(`../../${libraryFolder}`);
