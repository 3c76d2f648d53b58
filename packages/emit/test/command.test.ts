/** What a command line asks for, read without a process. */
import { assert, describe, expect, it } from "vitest";
import { parseCommand, type Request } from "../src/cli/command-line.js";

const read = (line: string) => parseCommand(line.split(" "));

const requestOf = (line: string): Request => {
  const result = read(line);
  assert(result._tag === "Right", JSON.stringify(result));
  return result.right;
};

describe("a word that is no command", () => {
  it.each([
    ["plna x.ts", 'Did you mean "plan"?'],
    ["plam", 'Did you mean "plan"?'],
    ["chekc x.ts --json", 'Did you mean "check"?'],
    ["--format json explian", 'Did you mean "explain"?'],
    ["-o out shema", 'Did you mean "schema"?'],
    ["hlep", 'Did you mean "help"?'],
    ["help plna", 'Did you mean "plan"?'],
    [
      "init",
      "Use one of: check, plan, schema, explain, help. To emit, name the config alone: microvm-emit microvm.config.ts.",
    ],
    [
      "help me",
      "Use one of: check, plan, schema, explain, help. To emit, name the config alone: microvm-emit microvm.config.ts.",
    ],
    [
      "build x.ts",
      "Use one of: check, plan, schema, explain, help. To emit, name the config alone: microvm-emit microvm.config.ts.",
    ],
  ])("is told with the one that was meant: %s", (line, remedy) => {
    expect(read(line)).toMatchObject({ left: { kind: "usage", remedy } });
  });

  it.each(["x.ts", "./plan.ts", "dir/config", "plan.config.yaml -o out"])(
    "is a config where it can be one: %s",
    (line) => {
      expect(requestOf(line)).toMatchObject({ kind: "emit", config: line.split(" ")[0] });
    },
  );

  it("is a config where there is such a file", () => {
    expect(requestOf("docs")).toMatchObject({ kind: "emit", config: "docs" });
  });
});

describe("help", () => {
  it.each([
    ["help", "Usage: microvm-emit [options] [command] <config>"],
    ["help plan", "Usage: microvm-emit plan [options] <config>"],
    ["plan --help", "Usage: microvm-emit plan [options] <config>"],
    ["help explain", "Usage: microvm-emit explain [options] [code]"],
    ["help help", "Usage: microvm-emit [options] [command] <config>"],
  ])("is printed for %s", (line, words) => {
    const request = requestOf(line);
    assert(request.kind === "tell");
    expect(request.text).toContain(words);
  });
});
