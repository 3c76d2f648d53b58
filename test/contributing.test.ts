/**
 * CONTRIBUTING.md names enough: in a copy of the tree, its table is followed to the letter for a toolchain, an agent, a preset, a
 * rule and a setting, and the tests that judge them pass.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
mkdirSync(join(root, "out"), { recursive: true });
/** Below the project, so that packages of others are found in its `node_modules`. */
const copy = mkdtempSync(join(root, "out/contributing-"));

/** A text that is put in front of another one, or a new file. */
interface Edit {
  readonly file: string;
  readonly before?: string;
  readonly text: string;
}

/** The edits for a row of the table, by the first cell of the row. */
const additions: Readonly<Record<string, readonly Edit[]>> = {
  "a toolchain": [
    {
      file: "packages/microvm-model/src/catalogue/toolchains.ts",
      before: "} as const satisfies Record<string, Toolchain>",
      text: `  /** Gleam with its package manager. */
  gleam: { name: "gleam", packages: ["gleam", "rebar3"], caches: ["~/.cache/gleam"], domains: ["hex.pm", "repo.hex.pm"] },
`,
    },
    { file: "test/inputs/nixpkgs/packages.nix", before: "redis rsync", text: "rebar3 " },
  ],
  "an agent": [
    {
      file: "packages/microvm-model/src/catalogue/agents.ts",
      before: "} as const satisfies Record<string, Agent>",
      text: `  /** Plandex, with any model provider. */
  "plandex-cli": {
    name: "plandex-cli",
    package: "plandex",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.05" },
    unfree: false,
    state: { directory: "~/plandex-microvm", tag: "plandex-state", mountPoint: "~/.plandex-home-v2" },
    command: "plandex",
    domains: ["api-v2.plandex.ai"],
    apiKeyVariables: ["OPENROUTER_API_KEY"],
    facts: { date: "2026-11", package: "an example", rest: "an example" },
  },
`,
    },
    { file: "test/inputs/nixpkgs/packages.nix", before: "podman poetry", text: "plandex " },
  ],
  "a preset of `allow`": [
    {
      file: "packages/microvm-model/src/catalogue/presets.ts",
      before: "  // nixpkgs nixos/modules/config/nix.nix",
      text: `  debian: ["deb.debian.org", "security.debian.org"],
`,
    },
  ],
  "a rule": [
    {
      file: "packages/microvm-model/src/rules/many-vcpus.ts",
      text: `import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * More vCPUs than most hosts have
 *
 * A VM with more vCPUs than the host has cores runs slower than with fewer.
 *
 * ## Fails
 *
 * \`\`\`ts vm
 * { vcpu: 128 }
 * \`\`\`
 *
 * ## Passes
 *
 * \`\`\`ts vm
 * { vcpu: 8 }
 * \`\`\`
 */
const manyVcpus = problem("many-vcpus", "warning");

export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { vcpu } }) => vcpu > 64)
    .map(({ path, machine: { vcpu } }) =>
      manyVcpus([...path, "vcpu"], \`\${String(vcpu)} vCPUs, more than most hosts have\`, "Set 64 or fewer."),
    );
`,
    },
  ],
  "a setting of hosts, bridges, VMs": [
    {
      file: "packages/microvm-model/src/config/vm-guest.ts",
      before: `  /**
   * Packages for every user of the guest`,
      text: `  /**
   * The time zone of the guest.
   *
   * @default none: UTC
   * @example "Europe/Berlin"
   */
  readonly timeZone?: string | undefined;

`,
    },
    {
      file: "packages/microvm-model/src/config/vm-guest.ts",
      before: "  packages: z.array(",
      text: "  timeZone: scalar.line.optional(),\n",
    },
    {
      file: "packages/microvm-model/src/plan/guest-system.ts",
      before: "  readonly firewall: FirewallPlan;",
      text: "  readonly timeZone: string | null;\n",
    },
    {
      file: "packages/microvm-model/src/plan/guest-system.ts",
      before: "  firewall: planFirewall(vm),",
      text: "  timeZone: vm.timeZone ?? null,\n",
    },
    {
      file: "packages/emit/src/compile/guest/guest.ts",
      before: '    blankLine(bindingAt([...vm.path, "stateVersion"]',
      text: `    ...(vm.guest.timeZone === null ? [] : [bindingAt([...vm.path, "timeZone"], ["time", "timeZone"], vm.guest.timeZone)]),
`,
    },
    {
      file: "docs/config.md",
      before: "| `stateVersion`           | the host's ",
      text: "| `timeZone` | none | the time zone of the guest |\n",
    },
  ],
};

/** The second cell of each row of the table. */
const rows: ReadonlyMap<string, string> = new Map(
  [...readFileSync(join(root, "CONTRIBUTING.md"), "utf8").matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\|$/gm)].map(
    ([, what = "", touch = ""]) => [what, touch],
  ),
);

const command = (name: string, ...args: readonly string[]): string =>
  execFileSync(name, args, { cwd: copy, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

const edit = ({ file, before, text }: Edit): void => {
  const path = join(copy, file);
  if (before === undefined) {
    writeFileSync(path, text, { flag: "wx" });
    return;
  }
  const content = readFileSync(path, "utf8");
  const at = content.indexOf(before);
  expect(at, `${file} has no ${before}`).toBeGreaterThanOrEqual(0);
  writeFileSync(path, content.slice(0, at) + text + content.slice(at));
};

/** Installs the packages of this project as folders of the copy, and all programs. */
const linkPackages = (): void => {
  mkdirSync(join(copy, "node_modules/@microvm-emit"), { recursive: true });
  symlinkSync(join(root, "node_modules/.bin"), join(copy, "node_modules/.bin"));
  // Compiled files by the hash of their source, so that only the additions are compiled.
  mkdirSync(join(root, "node_modules/.cache/jiti"), { recursive: true });
  mkdirSync(join(copy, "node_modules/.cache"));
  symlinkSync(join(root, "node_modules/.cache/jiti"), join(copy, "node_modules/.cache/jiti"));
  for (const [name, folder] of Object.entries({
    "@microvm-emit/model": "microvm-model",
    "@microvm-emit/nix-ast": "nix-ast",
    "microvm-emit": "emit",
  }))
    symlinkSync(join(copy, "packages", folder), join(copy, "node_modules", name));
};

/** Copies the compiler's output and state, without which it would compile every file again. */
const copyBuild = (name: string): void => {
  const [from, to] = [root, copy].map((tree) => join(tree, "packages", name, "dist"));
  if (from === undefined || to === undefined || !existsSync(from)) return;
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
  const state = join(to, ".tsbuildinfo");
  // It has relative paths of the packages of others.
  const [before, after] = [from, to].map((folder) => `"${relative(folder, join(root, "node_modules"))}/`);
  writeFileSync(state, readFileSync(state, "utf8").replaceAll(before ?? "", after ?? ""));
};

beforeAll(() => {
  const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
  for (const file of tracked.filter((file) => file !== "" && existsSync(join(root, file)))) {
    mkdirSync(join(copy, dirname(file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  readdirSync(join(root, "packages")).forEach(copyBuild);
  linkPackages();
  for (const edits of Object.values(additions)) edits.forEach(edit);
});

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

describe.each(Object.entries(additions))("the row of %s", (name, edits) => {
  const touch = rows.get(name) ?? "";

  it("names each file to touch", () => {
    for (const { file } of edits) {
      const named = [...touch.matchAll(/`([^`]+)`/g)].map(([, path = ""]) =>
        path.replace("CODE", basename(file, ".ts")),
      );
      expect(
        named.some((path) => `/${file}`.includes(`/${path}`)),
        file,
      ).toBe(true);
    }
    expect(touch).toMatch(/`npm run (generate|problems)`/);
  });
});

it("results in a tree that builds and passes the tests of the additions", { timeout: 900_000 }, () => {
  command("npm", "run", "generate");
  command("npm", "run", "problems");
  // The set-up of the tests builds the packages.
  const judges = ["test/tables.test.ts", "test/problems-pages.test.ts", "packages/microvm-model/test/tables.test.ts"];
  // To generate once is enough, and pages of other codes are as before.
  // In one process that loads the model once.
  const once = ["--no-isolate", "--maxWorkers", "1"];
  command("npx", "vitest", "run", "--update", ...once, ...judges, "-t", "^(?!.*npm run|the page of (?!'many-vcpus'))");
  const emitted = command(
    "node",
    "--input-type=module",
    "--eval",
    `import { emit, plandexCli, render } from "microvm-emit";
    const vm = { timeZone: "Europe/Berlin", toolchains: ["gleam"], agent: plandexCli(), network: "allowlist", allow: ["debian"] };
    const host = { stateVersion: "26.05", user: { name: "alice" }, bridges: { br0: { address: "10.7.0.1/24" } }, vms: { a: vm } };
    const { left, right } = emit({ hosts: { h: host } });
    if (left) throw new Error(JSON.stringify(left));
    console.log(render(right.files).map(({ text }) => text).join());`,
  );
  for (const text of ["Europe/Berlin", "rebar3", "plandex", "hex.pm", "deb.debian.org"])
    expect(emitted).toContain(text);
});
