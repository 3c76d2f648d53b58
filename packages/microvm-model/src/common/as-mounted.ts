/** The path of a folder after links, and without the prefix that impermanence gives to folders of a temporary root. */
export const asMounted = (path: string): string =>
  path.replace(/^(\/nix)?\/(persist|persistent)(?=\/|$)/, "").replace(/^\/var\/run(?=\/|$)/, "/run") || "/";

/** All paths of one place: the path in the config and the path after its links, each as the system mounts it. */
export const placesOf = (path: string, realPath: (path: string) => string): readonly string[] => [
  ...new Set([path, realPath(path)].map(asMounted)),
];
