/** The files of a config while it is edited; nothing is written. */
export interface Drafts {
  /** The edited text of a file; undefined if there is no such file. */
  readonly read: (file: string) => string | undefined;
  readonly write: (file: string, text: string) => void;
  /** The edited texts by file. */
  readonly edited: () => ReadonlyMap<string, string>;
}

export const draftsOf = (readFile: (file: string) => string | undefined): Drafts => {
  const texts = new Map<string, string>();
  return {
    read: (file) => texts.get(file) ?? readFile(file),
    write: (file, text) => {
      texts.set(file, text);
    },
    edited: () => new Map([...texts].filter(([file, text]) => readFile(file) !== text)),
  };
};
