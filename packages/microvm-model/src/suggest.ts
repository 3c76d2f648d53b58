import { closest, distance } from "fastest-levenshtein";

/** The known name that `given` most likely meant; undefined when none is near. */
export const nearest = (given: string, known: readonly string[]): string | undefined => {
  if (known.length === 0) return undefined;
  const candidate = closest(given, known);
  const edits = distance(given.toLowerCase(), candidate.toLowerCase());
  return edits <= Math.max(1, Math.floor(candidate.length / 3)) && edits < candidate.length ? candidate : undefined;
};

/** `Did you mean "vcpu"?`, or the whole choice when nothing is near. */
export const didYouMean = (given: string, known: readonly string[]): string => {
  const candidate = nearest(given, known);
  if (candidate !== undefined) return `Did you mean ${JSON.stringify(candidate)}?`;
  return known.length === 0 ? "There is none to name here." : `Use one of: ${known.join(", ")}.`;
};
