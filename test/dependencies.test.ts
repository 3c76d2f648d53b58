import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const packages = join(import.meta.dirname, "../packages");
const names = readdirSync(packages);

interface Manifest {
  readonly files: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Packages that only generated code names, which the bundle never generates: ajv's standalone validators. */
const namedInText: readonly string[] = ["ajv-formats"];
const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) as Manifest;

/** The packages that a JavaScript file names in `import`, `import()` or `require`. */
const importsOf = (file: string): readonly string[] =>
  ts
    .preProcessFile(readFileSync(file, "utf8"), true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => /^[^./#]/.test(name) && !name.startsWith("node:") && !builtinModules.includes(name))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));

describe("published packages", () => {
  it.each(names)("%s declares every package that it imports", (name) => {
    const { files, dependencies, peerDependencies, optionalDependencies } = manifestOf(name);
    const dist = join(packages, name, files.find((path) => path.startsWith("dist")) ?? "");
    const built = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((path) => /\.c?js$/.test(path));
    expect(built).not.toEqual([]);
    const imported = new Set(built.flatMap((path) => importsOf(join(dist, path))));
    const declared = [
      ...Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }),
      ...namedInText,
    ];
    expect([...imported].filter((other) => !declared.includes(other))).toEqual([]);
  });

  it("require one version of each dependency", () => {
    const ranges = new Map<string, Set<string>>();
    for (const [other, range] of names.flatMap((name) => Object.entries(manifestOf(name).dependencies ?? {})))
      ranges.set(other, (ranges.get(other) ?? new Set()).add(range));
    expect([...ranges].filter(([, all]) => all.size > 1)).toEqual([]);
  });
});
