import { dirname, extname, join } from "pathe";

/** Candidate files for a relative or absolute import. TypeScript imports `x.ts` as `x.js`. */
export const modulesMeant = (importer: string, specifier: string): readonly string[] => {
  const path = specifier.startsWith("/") ? specifier : join(dirname(importer), specifier);
  return [
    path,
    ...(/^\.m?js$/.test(extname(path)) ? [path.replace(/js$/, "ts")] : []),
    ...[".ts", ".mts", ".js", ".mjs", ".json", "/index.ts", "/index.js"].map((end) => `${path}${end}`),
  ];
};
