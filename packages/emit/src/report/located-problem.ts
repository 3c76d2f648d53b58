import type { Problem } from "@microvm-emit/model";
import type { Place } from "./place.js";

/** A problem of a config with its place in the source. */
export type LocatedProblem = Problem & {
  readonly place?: Place;
  /** The places of `related`, in its order. */
  readonly relatedPlaces?: readonly (Place | undefined)[];
};
