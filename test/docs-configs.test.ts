/** Configs and parts of configs in the README and docs emit without errors. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createJiti } from "jiti";
import * as library from "microvm-emit";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs")).flatMap((name) => (/\.md$/.test(name) ? [`docs/${name}`] : [])),
];

interface Block {
  readonly page: string;
  /** The word after `ts`. */
  readonly kind: string;
  readonly text: string;
}

const blocks: readonly Block[] = pages.flatMap((page) =>
  [...readFileSync(join(root, page), "utf8").matchAll(/^```ts ?(\w*)\n([^]*?)^```$/gm)].map(
    ([, kind = "", text = ""]) => ({ page, kind, text }),
  ),
);

/** A part of a config as a whole one, by its kind. */
const wholes: Readonly<Record<string, (part: string) => string>> = {
  host: (part) => wholeConfig(part),
  vm: (part) => wholeConfig(`vms: { a: ${part} }`),
};

const wholeConfig = (host: string): string => `import { claudeCode, replace, zsh } from "microvm-emit";
const part = ${host.startsWith("{") ? host : `{ ${host} }`};
export default {
  hosts: {
    h: {
      stateVersion: "26.05",
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.9.0.1/24" } },
      ...part,
    },
  },
};
`;

/** The config shows errors. */
const isSampleOfErrors = ({ page, text }: Block): boolean => page === "docs/problems.md" && text.includes("memoryMib");
/** The program has gaps, or imports a package that is made up. */
const isSketch = ({ text }: Block): boolean => text.includes("/* … */") || text.includes("@acme/");
const isConfig = ({ kind, text }: Block): boolean => kind !== "" || text.includes("export default");

const evaluate = async (source: string): Promise<{ readonly default: library.Config }> =>
  (await createJiti(import.meta.url, { virtualModules: { "microvm-emit": library } }).evalModule(source, {
    filename: join(root, "microvm.config.ts"),
    async: true,
  })) as { readonly default: library.Config };

const configs = blocks.filter((block) => isConfig(block) && !isSketch(block) && !isSampleOfErrors(block));

it("finds configs of all kinds", () => {
  expect(new Set(configs.map(({ kind }) => kind))).toEqual(new Set(["", ...Object.keys(wholes)]));
  expect(configs.length).toBeGreaterThan(20);
});

describe.each(configs)("$page", ({ kind, text }) => {
  it(`emits the config that begins with ${text.slice(0, 40).split("\n")[0] ?? ""}`, async () => {
    const { default: config } = await evaluate(wholes[kind]?.(text) ?? text);
    const result = library.emit(config);
    expect(result._tag === "Left" ? result.left : []).toEqual([]);
  });
});
