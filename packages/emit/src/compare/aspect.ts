import { isRecord } from "@microvm-emit/model/internal";
import type { Change } from "./comparison.js";

/** A subject of a comparison: a row of a table. */
export interface Aspect<Subject> {
  readonly name: string;
  /** The parts of the plan that it reads. Differences in other parts are reported by the name of the part. */
  readonly reads: readonly string[];
  /** Undefined if the aspect is the same; null stands for a subject that one side does not have. */
  readonly compare: (before: Subject | null, after: Subject | null) => Change | undefined;
}

/** An aspect whose facts are permissions. */
export const access = <Subject, Fact>({
  name,
  reads,
  facts,
  words,
  covers = isSame,
  applies,
}: {
  readonly name: string;
  readonly reads: readonly string[];
  readonly facts: (subject: Subject) => readonly Fact[];
  readonly words: (facts: readonly Fact[]) => readonly string[];
  /** True if one permission includes or equals another one. */
  readonly covers?: (wide: Fact, narrow: Fact) => boolean;
  readonly applies: "restart" | "connections";
}): Aspect<Subject> => {
  const all = (subject: Subject | null): readonly Fact[] => (subject === null ? [] : facts(subject));
  const uncovered = (some: readonly Fact[], others: readonly Fact[]): readonly Fact[] =>
    some.filter((fact) => !others.some((other) => covers(other, fact)));
  return {
    name,
    reads,
    compare: (before, after) => {
      const [gained, lost] = [uncovered(all(after), all(before)), uncovered(all(before), all(after))];
      if (gained.length === 0 && lost.length === 0) return undefined;
      const isAtOnce = applies === "connections" && lost.length === 0;
      return {
        aspect: name,
        isAccess: true,
        gained: words(gained),
        lost: words(lost),
        applies: isAtOnce ? "switch" : applies,
      };
    },
  };
};

/** An aspect whose values are not permissions. */
export const setting = <Subject>({
  name,
  reads,
  values,
  applies,
}: {
  readonly name: string;
  readonly reads: readonly string[];
  readonly values: (subject: Subject) => readonly string[];
  readonly applies: "switch" | "restart";
}): Aspect<Subject> => ({
  name,
  reads,
  compare: (before, after) => {
    // The settings of a new VM are not changes.
    if (before === null || after === null) return undefined;
    const [were, are] = [values(before), values(after)];
    const gained = are.filter((value) => !were.includes(value));
    const lost = were.filter((value) => !are.includes(value));
    if (gained.length === 0 && lost.length === 0) return undefined;
    return { aspect: name, isAccess: false, gained, lost, applies };
  },
});

/** All changes: those of the aspects, and the names of other parts that differ. */
export const changesOf = <Subject>(
  aspects: readonly Aspect<Subject>[],
  partsOf: (subject: Subject) => Readonly<Record<string, unknown>>,
  before: Subject | null,
  after: Subject | null,
): readonly Change[] => {
  const found = aspects.flatMap((aspect) => {
    const change = aspect.compare(before, after);
    return change === undefined ? [] : [{ change, reads: aspect.reads }];
  });
  const changes = found.map(({ change }) => change);
  if (before === null || after === null) return changes;
  const reported = new Set(found.flatMap(({ reads }) => reads));
  const [were, are] = [partsOf(before), partsOf(after)];
  const others = Object.keys({ ...were, ...are }).filter(
    (part) => !reported.has(part) && !isSame(were[part], are[part]),
  );
  return [
    ...changes,
    ...others.map((part) => ({
      aspect: part.replace(/^.*\./, ""),
      isAccess: false,
      gained: [],
      lost: [],
      applies: "restart" as const,
    })),
  ];
};

/** True if two parts of plans are equal; ignores the order of keys. */
export const isSame = (one: unknown, other: unknown): boolean => textOf(one) === textOf(other);

const textOf = (part: unknown): string =>
  JSON.stringify(part, (_, value: unknown) => {
    if (typeof value === "bigint") return `${String(value)}n`;
    return isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
  });
