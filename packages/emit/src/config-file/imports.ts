import { dirname, extname, join } from "pathe";

/** The files that an import of the user's own may mean: TypeScript is imported by the name that it will have as JavaScript. */
export const modulesMeant = (importer: string, specifier: string): readonly string[] => {
  const path = specifier.startsWith("/") ? specifier : join(dirname(importer), specifier);
  return [
    path,
    ...(/^\.m?js$/.test(extname(path)) ? [path.replace(/js$/, "ts")] : []),
    ...[".ts", ".mts", ".js", ".mjs", ".json", "/index.ts", "/index.js"].map((end) => `${path}${end}`),
  ];
};
