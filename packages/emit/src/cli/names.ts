import { didYouMean } from "@microvm-emit/model";
import { Failed } from "../report/failure.js";

/** Fails for the first name that is not among the known ones. */
export const requireKnown = (kind: "host" | "VM", names: readonly string[], known: readonly string[]): void => {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new Failed({
    kind: "usage",
    message: `The config has no ${kind} ${JSON.stringify(unknown)}.`,
    remedy: didYouMean(unknown, known),
  });
};

/** Collects the values of an option that may be given several times. */
export const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
