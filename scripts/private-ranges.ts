/** Generates the library's JSON of private ranges from the model: by family, CIDR to purpose. */
import { fileURLToPath } from "node:url";
import { privateRangeRows } from "../packages/microvm-model/src/catalogue/private-ranges.js";

const usesOf = (family: 4 | 6): Readonly<Record<string, string>> =>
  Object.fromEntries(privateRangeRows[family].map(({ range, use, source }) => [range, `${use} (${source})`]));

export const privateRangesJson = (): object => ({ ipv4: usesOf(4), ipv6: usesOf(6) });

export const privateRangesFile = fileURLToPath(
  new URL("../packages/emit/nix/policy/private-ranges.json", import.meta.url),
);
