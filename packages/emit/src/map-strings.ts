/**
 * A copy of a value with changed strings. Unchanged parts stay the same objects, so that Nix nodes keep their marks.
 */
export const mapStrings = <Part>(part: Part, change: (text: string) => string): Part => {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return change(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      const items = value.map(walk);
      return items.every((item, position) => item === value[position]) ? value : items;
    }
    const changed = Object.entries(value).flatMap(([key, inner]) => {
      const now = walk(inner);
      return now === inner ? [] : [[key, now] as const];
    });
    return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) };
  };
  return walk(part) as Part;
};
