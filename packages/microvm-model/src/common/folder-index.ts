import { collect } from "./collect.js";

/** Folders by path, so that a host with many folders compares each one only with its neighbours. */
export interface FolderIndex<F> {
  /** Those at a path. */
  readonly at: (path: string) => readonly F[];
  /** Those that contain a path, innermost first. */
  readonly around: (path: string) => readonly F[];
  /** Those inside a path. */
  readonly within: (path: string) => readonly F[];
}

/** Finds absolute paths by the path itself, by a path inside it, and by a path that contains it. */
export const indexFolders = <F extends { readonly folder: string }>(folders: readonly F[]): FolderIndex<F> => {
  const at = collect(folders.map((known) => [known.folder, known]));
  const within = collect(folders.flatMap((known) => parentsOf(known.folder).map((outer) => [outer, known] as const)));
  return {
    at: (path) => at.get(path) ?? [],
    around: (path) => parentsOf(path).flatMap((outer) => at.get(outer) ?? []),
    within: (path) => within.get(path) ?? [],
  };
};

/** The folders above a path except `/`, the nearest first. */
export const parentsOf = (path: string): readonly string[] => {
  const parents: string[] = [];
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1))
    parents.push(path.slice(0, slash));
  return parents;
};
