import type { Diagnostic } from "../diagnostic.js";
import type { Failure } from "../failure.js";

/** The message of a failure, without its code. */
export type Words = Omit<Diagnostic, "code" | "severity">;

/** A failure: the comment in front of its row becomes its page. */
export interface Row<F extends Failure> {
  /** 1: the input is wrong. 2: the program could not check the input. */
  readonly exitCode: 1 | 2;
  /** The message, or diagnostics; `diagnosticsOf` returns those of a nested failure. */
  readonly words: (
    failure: F,
    diagnosticsOf: (inner: Failure) => readonly Diagnostic[],
  ) => Words | readonly Diagnostic[];
}

export type Rows = { readonly [Kind in Failure["kind"]]: Row<Extract<Failure, { readonly kind: Kind }>> };
