import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type SourceTree, sourceTreeOf } from "../fs/source-tree.js";
import { withoutLinks } from "../fs/without-links.js";
import { Failed } from "../report/failure.js";

/** A host of a flake, as `FLAKE#HOST` names it. */
export interface FlakeHost {
  readonly host: string;
  readonly flake: LocalFlake | { readonly kind: "remote"; readonly reference: string };
}

/** A flake in a folder of this machine. */
export interface LocalFlake {
  readonly kind: "local";
  /** Its folder, absolute and without symlinks. */
  readonly folder: string;
  readonly source: SourceTree;
}

/** @throws {Failed} `usage` for a word without a host, or for a folder without a flake */
export const flakeHostOf = (word: string): FlakeHost => {
  const at = word.lastIndexOf("#");
  const [typed, host] = [word.slice(0, at), word.slice(at + 1)];
  if (at < 0 || !/^[A-Za-z0-9_][\w-]*$/.test(host))
    throw new Failed({
      kind: "usage",
      message: `${JSON.stringify(word)} names no host of a flake.`,
      remedy: "Write the flake and the host, such as ./machines#server.",
    });
  const path = typed === "" ? "." : typed.replace(/^path:/, "");
  if (!/^(path:|[./]|$)/.test(typed)) return { host, flake: { kind: "remote", reference: typed } };
  const folder = withoutLinks(resolve(path));
  if (!existsSync(join(folder, "flake.nix")))
    throw new Failed({
      kind: "usage",
      message: `${folder} has no flake.nix.`,
      remedy: "Name the folder of the flake, such as ./machines#server.",
    });
  return { host, flake: { kind: "local", folder, source: sourceTreeOf(folder) } };
};

/** The folder of a flake in its source; empty for the root. */
export const subfolderOf = ({ folder, source }: LocalFlake): string => relative(source.root, folder);
