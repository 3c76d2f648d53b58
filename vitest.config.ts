import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (packageFolder: string, entry = "index"): string =>
  fileURLToPath(new URL(`packages/${packageFolder}/src/${entry}.ts`, import.meta.url));

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // Run by `npm run test:packaging`, which installs from the registry, and by `npm run test:nixos`, which takes minutes.
    exclude: ["test/packaging/**", "test/nixos/**"],
    // Half of the time is spent waiting for programs that tests start.
    maxWorkers: "100%",
    globalSetup: ["test/bundle.ts"],
    // One evaluation of a whole host by Nix takes seconds, and more on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
  resolve: {
    // Tests import the packages by name and run their source, so that no build can be stale.
    alias: {
      "@microvm-emit/nix-ast": source("nix-ast"),
      "@microvm-emit/model/internal": source("microvm-model", "internal"),
      "@microvm-emit/model": source("microvm-model"),
      "microvm-emit/node": source("emit", "node"),
      "microvm-emit": source("emit"),
    },
  },
});
