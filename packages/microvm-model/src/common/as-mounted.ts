/** The path at which the system sees what lies there: by a link, and by what keeps folders of a root that is lost at each start. */
export const asMounted = (path: string): string =>
  path.replace(/^(\/nix)?\/(persist|persistent)(?=\/|$)/, "").replace(/^\/var\/run(?=\/|$)/, "/run") || "/";

/** All paths of one place: what is written, and where its links lead, each as the system sees it. */
export const placesOf = (path: string, realPath: (path: string) => string): readonly string[] => [
  ...new Set([path, realPath(path)].map(asMounted)),
];
