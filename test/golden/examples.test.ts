/** The emitted trees of the examples, kept in the repository for people to read. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Config, emit, type Lock, render } from "microvm-emit";
import { describe, expect, it } from "vitest";
import midna from "../../examples/midna/microvm.config.js";
import minimal from "../../examples/minimal/microvm.config.js";
import networks from "../../examples/networks/microvm.config.js";
import profiles from "../../examples/profiles/microvm.config.js";

const folderOf = (example: string): string => fileURLToPath(new URL(`../../examples/${example}`, import.meta.url));

const emitted = (config: unknown, lock?: Lock): Record<string, string> => {
  const result = emit(config, lock === undefined ? {} : { lock });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  return Object.fromEntries(render(result.right.files).map(({ path, text }) => [path, text]));
};

const kept = (example: string): Record<string, string> => {
  const flake = `${folderOf(example)}/flake`;
  return Object.fromEntries(
    readdirSync(flake, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && ![".gitattributes", ".microvm-emit.sha256"].includes(entry.name))
      .map((entry) => `${entry.parentPath}/${entry.name}`)
      .map((file) => [file.slice(flake.length + 1), readFileSync(file, "utf8")]),
  );
};

/** The same data with the keys of every plain object the other way round; Nix nodes are unchanged. */
const permuted = (value: unknown): unknown => {
  // With the mark of `replace`.
  if (Array.isArray(value)) return Object.defineProperties(value.map(permuted), marksOf(value));
  if (typeof value !== "object" || value === null || "kind" in value) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, permuted(inner)] as const)
      .reverse(),
  );
};

const marksOf = (value: object): PropertyDescriptorMap =>
  Object.fromEntries(
    Object.getOwnPropertySymbols(value).map((mark) => [mark, Object.getOwnPropertyDescriptor(value, mark) ?? {}]),
  );

const examples = [
  { name: "midna", config: midna, warnings: [] },
  { name: "minimal", config: minimal, warnings: [] },
  { name: "networks", config: networks, warnings: ["macvtap-without-host"] },
  { name: "profiles", config: profiles, warnings: [] },
] as const satisfies readonly {
  readonly name: string;
  readonly config: Config;
  readonly warnings: readonly string[];
}[];

describe.each(examples)("the tree of $name", ({ name, config, warnings }) => {
  it("equals the tree in the repository (`microvm-emit examples/NAME/microvm.config.ts` writes it)", () => {
    const lock = JSON.parse(readFileSync(`${folderOf(name)}/microvm.lock.json`, "utf8")) as Lock;
    expect(emitted(config, lock)).toEqual(kept(name));
  });

  it("has only expected warnings", () => {
    const result = emit(config);
    expect(result._tag === "Right" && result.right.warnings.map(({ code }) => code)).toEqual(warnings);
  });

  it("does not depend on the order of keys or on its lock", () => {
    expect(emitted(permuted(config))).toEqual(kept(name));
  });
});
