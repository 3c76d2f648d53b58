import type { ConfigPath } from "@microvm-emit/model";
import type { Place } from "./place.js";

/** A place that caused an error of Nix. */
export interface ErrorOrigin {
  /** The part of the config. */
  readonly path?: ConfigPath;
  /** Its place in the config or in a module of the user; in an emitted file where neither is known. */
  readonly place?: Place;
  /** The emitted line that the part of the config became. */
  readonly emitted?: Place;
}
