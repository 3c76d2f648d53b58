/** Tests that the emitted skill follows the Agent Skills specification (agentskills.io) and passes agnix. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { emit, render } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import midna from "../examples/midna/microvm.config.js";

const PATH = ".claude/skills/create-microvm/SKILL.md";

const skill = ((): string => {
  const result = emit(midna, { configFile: "../microvm.config.ts" });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  return render(result.right.files).find(({ path }) => path === PATH)?.text ?? "";
})();

const [, frontMatter = "", body = ""] = /^---\n([^]*?)\n---\n([^]*)$/.exec(skill) ?? [];

const agnix = ((): string | undefined => {
  try {
    return execFileSync("agnix", ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
})();
if (agnix === undefined)
  console.error(
    "NOT TESTED: the skill by agnix, which is not on PATH (`npm install -g agnix` fetches it from GitHub).",
  );

describe("the skill", () => {
  it("has only a name and a description in its front matter", () => {
    const fields = parse(frontMatter) as { name: string; description: string };
    expect(Object.keys(fields)).toEqual(["name", "description"]);
    expect(fields.name).toBe("create-microvm");
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

  it("names the config, the commands and the host", () => {
    for (const words of [
      "`../microvm.config.ts`",
      "npx microvm-emit microvm.config.ts",
      "npx microvm-emit check microvm.config.ts",
      "systemctl start microvm@examplevm",
      "ssh ",
      "claude --dangerously-skip-permissions",
      "nixos-rebuild switch --flake",
      "#midna",
      "Commit",
    ])
      expect(body).toContain(words);
  });

  it.skipIf(agnix === undefined)("passes agnix", () => {
    const folder = mkdtempSync(join(tmpdir(), "microvm-emit-skill-"));
    try {
      mkdirSync(dirname(join(folder, PATH)), { recursive: true });
      writeFileSync(join(folder, PATH), skill);
      execFileSync("agnix", ["--strict", folder], { encoding: "utf8" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
