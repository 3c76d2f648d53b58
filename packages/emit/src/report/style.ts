/** How to show text where it is read: a terminal with colors, or a plain stream. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
  /** An absolute path as the reader would type it. */
  readonly path: (file: string) => string;
}
