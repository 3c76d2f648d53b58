/** Quotes a word for a POSIX shell or fish; a leading `#` would start a comment. */
export const quoted = (word: string): string =>
  /^[\w@%+:,./][\w@%+=:,./#-]*$/.test(word)
    ? word
    : // fish reads backslashes between single quotes.
      `'${word.replaceAll(/['\\]/g, (character) => (character === "'" ? `'\\''` : `'"\\\\"'`))}'`;

/** Joins the words of a command to a line of a shell. */
export const shellLine = (words: readonly string[]): string => words.map(quoted).join(" ");
