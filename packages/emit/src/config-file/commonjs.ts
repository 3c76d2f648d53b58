import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/**
 * Large CommonJS packages, loaded on demand. `require`, because `import` first scans the source for export names, which
 * takes several times as long as running it.
 */
export const requireJiti = (): typeof import("jiti") => require("jiti") as typeof import("jiti");
export const requireBabelParser = (): typeof import("@babel/parser") =>
  require("@babel/parser") as typeof import("@babel/parser");
