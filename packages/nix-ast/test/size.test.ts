/** The sizes of bundles for browsers. */
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";

const entries: Readonly<Record<string, string>> = {
  "nix-ast": fileURLToPath(new URL("../src/index.ts", import.meta.url)),
  "nix-ast/scopes": fileURLToPath(new URL("../src/scopes/scopes.ts", import.meta.url)),
};

const bundle = async (code: string): Promise<{ readonly kilobytes: number; readonly imports: readonly string[] }> => {
  const build = await rolldown({
    input: "entry",
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? id : (entries[id] ?? null)),
        load: (id) => (id === "entry" ? code : null),
      },
    ],
  });
  const {
    output: [{ code: minified, imports, dynamicImports }],
  } = await build.generate({ format: "esm", minify: true });
  await build.close();
  return { kilobytes: gzipSync(minified, { level: 9 }).length / 1000, imports: [...imports, ...dynamicImports] };
};

it.each([
  ["parse", 'export { parse } from "nix-ast";', 18],
  ["format", 'export { format } from "nix-ast";', 28],
  ["everything", 'export * from "nix-ast";', 49],
  ["scopes", 'export * from "nix-ast/scopes";', 4.5],
])("%s is small and imports nothing", async (_, code, most) => {
  const { kilobytes, imports } = await bundle(code);
  expect(kilobytes).toBeGreaterThan(most / 2);
  expect(kilobytes).toBeLessThanOrEqual(most);
  expect(imports.filter((name) => builtinModules.includes(name.replace("node:", "")))).toEqual([]);
  expect(imports).toEqual([]);
});
