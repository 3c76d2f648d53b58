/** A declared problem; title and body are Markdown from the comment in front of the declaration. */
export interface DeclaredProblem {
  readonly code: string;
  readonly severity: string;
  readonly title: string;
  readonly body: string;
  /** Relative to the folder that is searched. */
  readonly file: string;
}

/** Every declared problem, by code in alphabetical order. */
export declare const declaredProblems: () => readonly DeclaredProblem[];

/** Every failure of a command by code, in alphabetical order. */
export declare const declaredFailures: () => readonly DeclaredProblem[];
