/**
 * Tests that the emitted skills follow the Agent Skills specification (agentskills.io) and pass agnix, that their commands
 * exist, and that they keep the user's decisions with the user.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { emit, render } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import midna from "../examples/midna/microvm.config.js";
import { parseCommand } from "../packages/emit/src/cli/program.js";

const texts = ((): ReadonlyMap<string, string> => {
  const result = emit(midna, { configFile: "../microvm.config.ts" });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  return new Map(render(result.right.files).map(({ path, text }) => [path, text]));
})();
const skills = [...texts].filter(([path]) => path.endsWith("/SKILL.md"));
const agents = texts.get("AGENTS.md") ?? "";

const agnix = ((): string | undefined => {
  try {
    return execFileSync("agnix", ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
})();
if (agnix === undefined)
  console.error(
    "NOT TESTED: the skills by agnix, which is not on PATH (`npm install -g agnix` fetches it from GitHub).",
  );

/** The commands of a page, in code blocks and in code. */
const commandsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^ *microvm-emit ([^#\n]+)|`microvm-emit ([^`]+)`/gm)].map(([, block, code]) =>
    (block ?? code ?? "").replaceAll(/\s+/g, " ").trim(),
  );

it("there are skills to create, change and examine a VM", () => {
  expect(skills.map(([path]) => path)).toEqual(
    ["create", "change", "examine"].map((verb) => `.claude/skills/${verb}-microvm/SKILL.md`),
  );
});

describe.each(skills)("%s", (path, skill) => {
  const [, frontMatter = "", body = ""] = /^---\n([^]*?)\n---\n([^]*)$/.exec(skill) ?? [];

  it("has only a name and a description in its front matter", () => {
    const fields = parse(frontMatter) as { name: string; description: string };
    expect(Object.keys(fields)).toEqual(["name", "description"]);
    expect(fields.name).toBe(path.split("/").at(-2));
    expect(fields.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(fields.description.length).toBeGreaterThan(10);
    expect(fields.description.length).toBeLessThanOrEqual(1024);
    expect(fields.description).not.toMatch(/[<>]/);
    expect(fields.description).toMatch(/\bUse when\b/);
  });

  it("is short, has no open tags and no Windows paths", () => {
    expect(body.split("\n").length).toBeLessThan(500);
    expect(body).not.toMatch(/<[a-zA-Z]/);
    expect(body).not.toMatch(/\w\\\w/);
  });

  it.skipIf(agnix === undefined)("passes agnix", () => {
    const folder = mkdtempSync(join(tmpdir(), "microvm-emit-skill-"));
    try {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), skill);
      execFileSync("agnix", ["--strict", folder], { encoding: "utf8" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.each([...skills, ["AGENTS.md", agents] as const])("%s", (_, text) => {
  it("uses commands that exist, on the config and the output of this flake", () => {
    const commands = commandsIn(text).filter((line) => !/^(?:explain CODE|diff)$/.test(line));
    expect(commands.length).toBeGreaterThan(3);
    for (const line of commands) {
      expect(() => parseCommand(line.split(" ")), line).not.toThrow();
      expect(line).toContain("../microvm.config.ts");
      if (/^(?:add|rename|move|remove|diff|check|\.)/.test(line)) expect(line).toContain("-o .");
    }
  });

  it("leaves access, permissions and deployment to the user", () => {
    for (const words of ["Never add or widen", "`allow`", "`reachVms`", "`shares`", "`sudo`", "Never deploy a host"])
      expect(text).toContain(words);
  });
});

it("the skill to create a VM names the host and the command to open the agent", () => {
  const text = texts.get(".claude/skills/create-microvm/SKILL.md");
  for (const words of [
    "microVM for a project to the NixOS configuration of midna",
    "microvm-emit up examplevm",
    "microvm-emit agent examplevm",
    "Commit",
  ])
    expect(text).toContain(words);
});

it.each([
  [1, false],
  [2, true],
])("the skill to create a VM of a config with %i hosts names the option for the host: %s", (count, isNamed) => {
  const host = {
    stateVersion: "25.11",
    user: { name: "alice" },
    bridges: { br0: { address: "10.0.0.1/24" } },
    vms: { a: {} },
  };
  const hosts = Object.fromEntries(Array.from({ length: count }, (_, at) => [`host${String(at)}`, host]));
  const result = emit({ hosts }, { configFile: "../microvm.config.ts" });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  const skill = render(result.right.files).find(({ path }) => path === ".claude/skills/create-microvm/SKILL.md");
  expect(skill?.text.includes("`--host HOST` selects the host")).toBe(isNamed);
});
