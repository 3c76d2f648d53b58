import { didYouMean } from "@microvm-emit/model/internal";
import { Failed } from "../report/failure.js";

/** The place where the names of a kind are defined. */
const places = { host: "The config", VM: "The config", command: "The program" } as const;

/** Throws {@link Failed} for the first unknown name. */
export const requireKnown = (kind: keyof typeof places, names: readonly string[], known: readonly string[]): void => {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new Failed({
    kind: "usage",
    message: `${places[kind]} has no ${kind} ${JSON.stringify(unknown)}.`,
    remedy: didYouMean(unknown, known),
  });
};

/** Collects the values of a repeatable option. */
export const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
