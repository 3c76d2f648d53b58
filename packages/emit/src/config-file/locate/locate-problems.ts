import type { Problem } from "@microvm-emit/model";
import type { LocatedProblem } from "../../report/located-problem.js";
import type { Place } from "../../report/place.js";
import { readWith, type Texts } from "../../fs/read-text.js";

/** Adds source places to problems. Parses the source only if there are problems. */
export const locateProblems = async (
  file: string,
  config: unknown,
  problems: readonly Problem<string>[],
  texts?: Texts,
): Promise<readonly LocatedProblem[]> => {
  if (problems.length === 0) return [];
  const { locator } = await import("./locate.js");
  const read = readWith(texts);
  const locate = await locator(file, read(file) ?? "", { config, read });
  const located = problems.map((problem): LocatedProblem => {
    const place = locate(problem.path);
    return {
      ...problem,
      ...(place === undefined ? {} : { place }),
      ...(problem.related === undefined ? {} : { relatedPlaces: problem.related.map(({ path }) => locate(path)) }),
    };
  });
  return withoutSecretLines(located);
};

/** Removes the source line from places with a secret, because reports end up in logs. */
const withoutSecretLines = (problems: readonly LocatedProblem[]): readonly LocatedProblem[] => {
  const keyOf = (place: Place | undefined): string =>
    place === undefined ? "" : `${place.file}:${String(place.line)}`;
  const secret = new Set(problems.filter(({ code }) => code === "literal-secret").map(({ place }) => keyOf(place)));
  const shown = <P extends Place | undefined>(place: P): P => {
    if (place === undefined || !secret.has(keyOf(place))) return place;
    const { lineText: _, ...rest } = place;
    return rest as P;
  };
  return problems.map((problem) => ({
    ...problem,
    ...(problem.place && { place: shown(problem.place) }),
    ...(problem.relatedPlaces && { relatedPlaces: problem.relatedPlaces.map(shown) }),
  }));
};
