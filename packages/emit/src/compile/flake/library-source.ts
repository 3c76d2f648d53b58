/** Name of the library: its folder in a flake with a copy, its input in a flake without. */
export const libraryFolder = "microvm-emit";
