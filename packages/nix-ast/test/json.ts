import fc from "fast-check";

/** Whether JSON writes the number as an integer beyond int64, which Nix's `fromJSON`, our measure, reads wrapped around. */
const isWrapped = (value: number): boolean => Math.abs(value) >= 2 ** 63 && /^-?\d+$/.test(JSON.stringify(value));

const isSayable = (value: unknown): boolean => {
  if (typeof value === "number") return value === 0 || (Math.abs(value) >= 2 ** -1022 && !isWrapped(value));
  if (typeof value === "string") return !/[\0\p{Surrogate}]/u.test(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, part]) => isSayable(name) && isSayable(part));
};

/** Any JSON that Nix can say: no subnormal number, no integer beyond int64, no NUL, no half of a surrogate pair. */
export const json = fc.jsonValue({ stringUnit: "binary", maxDepth: 5 }).filter(isSayable);
