/** Memoizes a function by object identity. */
export const oncePer = <K extends object, V>(find: (key: K) => V): ((key: K) => V) => {
  const found = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const known = found.get(key) ?? { value: find(key) };
    found.set(key, known);
    return known.value;
  };
};
