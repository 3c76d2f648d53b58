/** The values of each key, in the order in which they come. */
export const collect = <K, V>(
  entries: readonly (readonly [key: K, value: V])[],
): ReadonlyMap<K, readonly [V, ...V[]]> => {
  const collected = new Map<K, [V, ...V[]]>();
  for (const [key, value] of entries) {
    const values = collected.get(key);
    if (values === undefined) collected.set(key, [value]);
    else values.push(value);
  }
  return collected;
};
