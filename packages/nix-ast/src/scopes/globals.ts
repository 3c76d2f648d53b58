/** The global names of Nix 2.34 without a `__` prefix. Older versions have no others. */
const GLOBALS: ReadonlySet<string> = new Set([
  "abort",
  "baseNameOf",
  "break",
  "builtins",
  "derivation",
  "derivationStrict",
  "dirOf",
  "false",
  "fetchGit",
  "fetchMercurial",
  "fetchTarball",
  "fetchTree",
  "fromTOML",
  "import",
  "isNull",
  "map",
  "null",
  "placeholder",
  "removeAttrs",
  "scopedImport",
  "throw",
  "toString",
  "true",
]);

/**
 * True for a name that Nix defines everywhere. Every other builtin function is global with the prefix `__`, as
 * `__length`, so all names with this prefix count as global.
 */
export const isGlobal = (name: string): boolean => GLOBALS.has(name) || name.startsWith("__");
