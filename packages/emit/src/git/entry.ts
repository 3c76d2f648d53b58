/** A file that a branch adds, changes or removes. */
export interface Entry {
  /** Relative to the top of the work tree; bytes that are not UTF-8 are U+FFFD. */
  readonly path: string;
  /** A letter of git-diff-tree(1): `A` added, `M` modified, `D` deleted, `T` type changed. */
  readonly status: string;
  /** The modes as git writes them; `000000` for none. */
  readonly modes: { readonly before: string; readonly after: string };
  readonly objects: { readonly before: string; readonly after: string };
}

/** Modes of git (git-fast-import(1)). */
export const modes = { executable: "100755", link: "120000", submodule: "160000" } as const;
