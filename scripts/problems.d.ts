/** A declared problem; title and body are Markdown from the comment in front of the declaration. */
export interface DeclaredProblem {
  readonly code: string;
  readonly severity: string;
  readonly title: string;
  readonly body: string;
  /** Relative to packages/microvm-model/src. */
  readonly file: string;
}

/** Every declared problem, by code in alphabetical order. */
export declare const declaredProblems: () => readonly DeclaredProblem[];
