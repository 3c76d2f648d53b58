import type { ConfigPath } from "../problems/problem.js";

/** A value and its place in the config; for a value from the index, the VM. */
export interface Placed<A> {
  /** The value. */
  readonly value: A;
  /** Its place in the config. */
  readonly path: ConfigPath;
}
