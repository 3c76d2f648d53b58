/** Tests configs that import profiles or whole configs from packages, or read the environment. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { layOut, temporaryDirectory } from "../tree.js";
import { configOf, configurationNix, microvmEmit, parsed } from "./cli.js";

const config = "microvm.config.ts";

interface Planned {
  readonly hosts: readonly {
    readonly vms: readonly {
      readonly name: string;
      readonly machine: { readonly vcpu: number; readonly memoryMiB: number };
    }[];
  }[];
}

const vmsOf = (dir: string, env: NodeJS.ProcessEnv = {}): readonly (readonly [string, number, number])[] => {
  const report = parsed(microvmEmit(dir, [config, "--stop-after", "plan", "--json"], env));
  expect(report.problems).toEqual([]);
  const { hosts } = report["plan"] as Planned;
  return hosts.flatMap(({ vms }) =>
    vms.map(({ name, machine: { vcpu, memoryMiB } }) => [name, vcpu, memoryMiB] as const),
  );
};

/** A package in JavaScript that imports microvm-emit, and one in TypeScript. */
const packages = {
  "node_modules/@acme/vms/package.json":
    '{ "name": "@acme/vms", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  "node_modules/@acme/vms/index.js": `import { defineConfig, extend } from "microvm-emit";
export const project = (name, more = {}) => extend({ vcpu: 2, workspace: \`~/src/\${name}\` }, more);
export default defineConfig(${JSON.stringify(configOf("kept", "old"))});
`,
  "node_modules/@acme/typed/package.json":
    '{ "name": "@acme/typed", "version": "1.0.0", "type": "module", "exports": "./index.ts" }',
  "node_modules/@acme/typed/index.ts": `import type { Vm } from "microvm-emit";
export const small = (more: Vm = {}): Vm => ({ vcpu: 1, memoryMiB: 512, ...more });
`,
};

const source = `import company, { project } from "@acme/vms";
import { small } from "@acme/typed";
import { extend, unset } from "microvm-emit";

export default extend(company, {
  hosts: {
    alpha: {
      vmDefaults: { memoryMiB: 1024 },
      vms: { old: unset, added: project("added", { vcpu: 3 }), tiny: small() },
    },
  },
});
`;

const directory = (text: string): string => {
  const dir = temporaryDirectory();
  layOut(dir, { ...packages, [config]: text, "configuration.nix": configurationNix });
  return dir;
};

describe("a config of another package", () => {
  it("can be extended, with its profiles", () => {
    expect(vmsOf(directory(source))).toEqual([
      ["added", 3, 1024],
      ["kept", 8, 1024],
      ["tiny", 1, 512],
    ]);
  });

  it("has problems with their paths, at places in the importing config", () => {
    const dir = directory(source.replace("small()", "small({ vcpu: 0 })").replace("1024", "0"));
    const { problems } = parsed(microvmEmit(dir, [config, "--json"]));
    expect(problems.map(({ code, subject }) => `${code} ${subject ?? ""}`).sort()).toEqual([
      "bad-value hosts.alpha.vmDefaults.memoryMiB",
      "bad-value hosts.alpha.vms.tiny.vcpu",
    ]);
    const at = (subject: string): string => {
      const place = problems.find((problem) => problem.subject?.endsWith(subject))?.place;
      expect(place?.file).toBe(join(dir, config));
      return (readFileSync(join(dir, config), "utf8").split("\n")[(place?.line ?? 0) - 1] ?? "").slice(
        (place?.column ?? 0) - 1,
      );
    };
    expect(at("vmDefaults.memoryMiB")).toMatch(/^memoryMiB: 0/);
    // The argument's meaning is the package's concern.
    expect(at("tiny.vcpu")).toMatch(/^tiny: small/);
  });
});

describe("a config that is a function", () => {
  const made = (form: string): string =>
    `import { defineConfig, extend } from "microvm-emit";
import { readFileSync } from "node:fs";
const base = defineConfig(${JSON.stringify(configOf("a"))});
const make = ({ env, configDir }) => extend(base, {
  hosts: { alpha: { vmDefaults: { vcpu: Number(env["CORES"] ?? 2), memoryMiB: Number(readFileSync(\`\${configDir}/memory\`, "utf8")) } } },
});
${form}
`;

  it.each([
    ["by defineConfig", "export default defineConfig(make);"],
    ["async, by defineConfig", "export default defineConfig(async (environment) => make(await environment));"],
    ["plain", "export default make;"],
  ])("receives the environment and the folder: %s", (_, form) => {
    const dir = directory(made(form));
    writeFileSync(join(dir, "memory"), "768");
    expect(vmsOf(dir)).toEqual([["a", 2, 768]]);
    expect(vmsOf(dir, { CORES: "6" })).toEqual([["a", 6, 768]]);
  });

  it("emits the same flake in every folder when it does not use the folder", () => {
    const dir = directory(made("export default make;"));
    writeFileSync(join(dir, "memory"), "768");
    const texts = ["/tmp", "/"].map(
      (cwd) => microvmEmit(cwd, [join(dir, config), "--stop-after", "text"], { OTHER: cwd, TZ: "Asia/Tokyo" }).stdout,
    );
    expect(texts[0]).toContain("mem = 768;");
    expect(texts[1]).toBe(texts[0]);
  });
});
