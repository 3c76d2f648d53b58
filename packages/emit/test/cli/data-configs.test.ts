/** Tests configs in YAML, JSON and JSON with comments. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { layOut, temporaryDirectory } from "../tree.js";
import { configOf, configurationNix, microvmEmit, parsed } from "./cli.js";

const directory = (files: Readonly<Record<string, string>>): string => {
  const dir = temporaryDirectory();
  layOut(dir, { ...files, "configuration.nix": configurationNix });
  return dir;
};

const schemaLine = "# yaml-language-server: $schema=./config.schema.json\n";

describe("a config that is data", () => {
  it.each([
    ["c.yaml", schemaLine + stringify(configOf("a"))],
    ["c.yml", stringify({ $schema: "./config.schema.json", ...configOf("a") })],
    ["c.json", JSON.stringify({ $schema: "./config.schema.json", ...configOf("a") })],
    ["c.jsonc", `// hosts\n${JSON.stringify(configOf("a")).replace(/\}$/, ",}")}`],
  ])("emits from %s, with a skill that has its commands", (name, text) => {
    const dir = directory({ [name]: text });
    expect(microvmEmit(dir, [name])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readFileSync(join(dir, "flake/.claude/skills/create-microvm/SKILL.md"), "utf8")).toContain(
      `microvm-emit add examplevm -c ../${name} -o .`,
    );
  });

  it.each([
    ["c.yaml", stringify(configOf("a")).replace("a: {}", "a:\n        vcpu: 0"), "vcpu: 0"],
    [
      "c.jsonc",
      `// hosts\n${JSON.stringify(configOf("a"), undefined, 2).replace('"a": {}', '"a": { "vcpu": 0 }')}`,
      '"vcpu"',
    ],
  ])("has problems with places in %s", (name, text, written) => {
    const dir = directory({ [name]: text });
    const [problem] = parsed(microvmEmit(dir, [name, "--json"])).problems;
    const before = text.slice(0, text.indexOf(written)).split("\n");
    expect(problem).toMatchObject({
      code: "bad-value",
      place: { file: join(dir, name), line: before.length, column: (before.at(-1) ?? "").length + 1 },
    });
  });

  it.each([
    ["c.yaml", "hosts:\n  a: [1,\n", "3:1"],
    ["c.jsonc", '{\n  "hosts": ;\n}\n', "2:12"],
  ])("is rejected when %s is broken", (name, text, place) => {
    const dir = directory({ [name]: text });
    const ended = microvmEmit(dir, [name]);
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain(`error[config-syntax]`);
    expect(ended.stderr).toContain(`--> ${name}:${place}`);
  });

  it("is rejected with a $comment, or a $schema that is not a string", () => {
    const dir = directory({ "c.json": JSON.stringify({ $schema: 1, $comment: "", ...configOf("a") }) });
    const { problems } = parsed(microvmEmit(dir, ["c.json", "--json"]));
    expect(problems.map(({ code, subject }) => [code, subject])).toEqual([
      ["unknown-key", "$schema"],
      ["unknown-key", "$comment"],
    ]);
  });
});
