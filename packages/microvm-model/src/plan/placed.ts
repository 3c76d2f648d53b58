import type { ConfigPath } from "../problems/problem.js";

/** A value and where the config says it: the VM itself where the index decides. */
export interface Placed<A> {
  /** The value. */
  readonly value: A;
  /** Its place in the config. */
  readonly path: ConfigPath;
}
