import { defineConfig } from "vitest/config";
import common from "./vitest.config.js";

/** Tests that boot NixOS, one file after another, because each one uses all cores for minutes. */
export default defineConfig({
  ...common,
  test: {
    ...common.test,
    include: ["test/nixos/**/*.test.ts"],
    exclude: [],
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
  },
});
