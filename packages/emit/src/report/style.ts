/** Text styles of the output: a terminal with colors, or plain text. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
  /** Shortens an absolute path to one that the reader would type. */
  readonly path: (file: string) => string;
}
