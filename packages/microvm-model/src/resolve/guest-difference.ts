import { isRecord } from "../common/is-record.js";
import { isNode } from "../common/nix-node.js";
import type { HostPlan } from "../plan/plan.js";
import { seenByGuest } from "./guests.js";

/** The first difference of a guest from a similar one, and the number of differences. */
export interface GuestDifference {
  /** The name of the most similar earlier guest. */
  readonly from: string;
  /** The settings that differ; the first one with the path to the difference. */
  readonly settings: readonly [string, ...string[]];
  /** The values in both guests; undefined for none. */
  readonly here: unknown;
  readonly there: unknown;
}

/** The difference of each guest that VMs could share from those before it, by its name; none for the first. */
export const guestDifferences = ({ guests, vms }: HostPlan): ReadonlyMap<string, GuestDifference> => {
  const first = new Map(vms.map((vm) => [vm.name, vm]));
  const numbered = numberTexts();
  const before: { readonly name: string; readonly seen: Seen; readonly numbers: readonly number[] }[] = [];
  const found = new Map<string, GuestDifference>();
  for (const { name, own } of guests) {
    const vm = first.get(name);
    if ((own !== null && own !== "single") || vm === undefined) continue;
    const seen = seenByGuest(vm);
    const numbers = numbered.of(seen);
    const nearest = mostAlike(numbers, before);
    if (nearest !== undefined) {
      const differing = numbered.settings.filter((_, at) => numbers[at] !== (nearest.numbers[at] ?? 0));
      // A module of one guest may read settings that are equal in both VMs.
      const [setting = "", ...others] = differing.filter((name) => name in seen && name in nearest.seen);
      const { way, here, there } = descend(setting, seen[setting], nearest.seen[setting]);
      found.set(name, { from: nearest.name, settings: [way, ...others], here, there });
    }
    before.push({ name, seen, numbers });
  }
  return found;
};

type Seen = ReturnType<typeof seenByGuest>;

/**
 * Numbers for the values of each setting, equal for equal texts, because each guest is compared with all earlier ones.
 */
const numberTexts = () => {
  const settings: string[] = [];
  const known = new Map<string, number>([["", 0]]);
  return {
    settings,
    of: (seen: Seen): readonly number[] => {
      for (const setting of Object.keys(seen)) if (!settings.includes(setting)) settings.push(setting);
      return settings.map((setting) => {
        const text = textOf(seen[setting]) ?? "";
        const number = known.get(text) ?? known.size;
        known.set(text, number);
        return number;
      });
    },
  };
};

/** The first of those with the fewest differences. */
const mostAlike = <A extends { readonly numbers: readonly number[] }>(
  numbers: readonly number[],
  others: readonly A[],
): A | undefined => {
  let nearest: A | undefined;
  let fewest = Infinity;
  for (const other of others) {
    let differences = 0;
    for (let at = 0; at < numbers.length && differences < fewest; at++)
      if (numbers[at] !== (other.numbers[at] ?? 0)) differences++;
    if (differences >= fewest) continue;
    nearest = other;
    fewest = differences;
    if (fewest === 1) break;
  }
  return nearest;
};

const differingSettings = (here: Seen, there: Seen): readonly string[] =>
  Object.keys({ ...here, ...there }).filter((key) => textOf(here[key]) !== textOf(there[key]));

const textOf = (part: unknown): string | undefined =>
  JSON.stringify(part, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));

/** Descends to the first difference, at most to a named part such as a toolchain. */
const descend = (
  way: string,
  here: unknown,
  there: unknown,
): { readonly way: string; readonly here: unknown; readonly there: unknown } => {
  if (Array.isArray(here) && Array.isArray(there)) {
    const position = Array.from({ length: Math.max(here.length, there.length) }).findIndex(
      (_, at) => textOf(here[at]) !== textOf(there[at]),
    );
    return descend(`${way}[${String(position)}]`, here[position], there[position]);
  }
  if (isPart(here) && isPart(there) && here["name"] === there["name"] && here["kind"] === there["kind"]) {
    const [key = ""] = differingSettings(here, there);
    return descend(`${way}.${key}`, here[key], there[key]);
  }
  return { way, here, there };
};

const isPart = (value: unknown): value is Seen => isRecord(value) && !isNode(value);
