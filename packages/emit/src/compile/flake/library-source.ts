/** The folder of the library in a flake that has a copy, and the input of one that has not. */
export const libraryFolder = "microvm-emit";
