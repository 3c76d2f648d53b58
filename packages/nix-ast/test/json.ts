import fc from "fast-check";

/** True if the JSON number is an integer beyond int64. `fromJSON` in Nix wraps such a number around. */
const isWrapped = (value: number): boolean => Math.abs(value) >= 2 ** 63 && /^-?\d+$/.test(JSON.stringify(value));

const isSayable = (value: unknown): boolean => {
  if (typeof value === "number") return value === 0 || (Math.abs(value) >= 2 ** -1022 && !isWrapped(value));
  if (typeof value === "string") return !/[\0\p{Surrogate}]/u.test(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, part]) => isSayable(name) && isSayable(part));
};

/** JSON that Nix can represent: no subnormal number, no integer beyond int64, no NUL, no lone surrogate. */
export const json = fc.jsonValue({ stringUnit: "binary", maxDepth: 5 }).filter(isSayable);
