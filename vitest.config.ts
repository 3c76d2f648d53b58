import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const source = (packageFolder: string, entry = "index"): string =>
  fileURLToPath(new URL(`packages/${packageFolder}/src/${entry}.ts`, import.meta.url));

/** Begins with the lab, whose files take minutes, so that none of them runs alone at the end. */
class LabFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isInLab = ({ moduleId }: TestSpecification): boolean => moduleId.includes("/test/lab/policy");
    return (await super.sort(files)).sort((a, b) => Number(isInLab(b)) - Number(isInLab(a)));
  }
}

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // Run by `npm run test:packaging`, which installs from the registry, and by `npm run test:nixos`, which takes minutes.
    exclude: ["test/packaging/**", "test/nixos/**"],
    // One more than there are processors for each two, because tests mostly wait for programs that they start.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    globalSetup: ["test/bundle.ts"],
    sequence: { sequencer: LabFirst },
    // One evaluation of a whole host by Nix takes seconds, and more on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
  resolve: {
    // Tests import the packages by name and run their source, so that no build can be stale.
    alias: {
      "@microvm-emit/nix-ast/scopes": source("nix-ast", "scopes/scopes"),
      "@microvm-emit/nix-ast": source("nix-ast"),
      "@microvm-emit/model/internal": source("microvm-model", "internal"),
      "@microvm-emit/model": source("microvm-model"),
      "microvm-emit/ast": source("nix-ast"),
      "microvm-emit/node": source("emit", "node"),
      "microvm-emit": source("emit"),
    },
  },
});
