/** Entries in code-unit order of their keys, so that the order in which a config is written changes nothing. */
export const sortedEntries = <A>(record: Readonly<Record<string, A>>): readonly (readonly [string, A])[] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
