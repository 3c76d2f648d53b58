import type { Problem } from "@microvm-emit/model";
import type { Place } from "./place.js";

/** A problem of a config with its place in the source. */
export type LocatedProblem<Code extends string = string> = Problem<Code> & {
  readonly place?: Place;
  /** Places of `related`, in the same order. */
  readonly relatedPlaces?: readonly (Place | undefined)[];
};
