/** Tests the parser of command lines. */
import { describe, expect, it } from "vitest";
import type { Invocation } from "../src/cli/command.js";
import { parseCommand } from "../src/cli/program.js";
import { failuresOf } from "../src/report/failure.js";

const invocationOf = (line: string): Invocation => parseCommand(line.split(" "));

describe("an unknown command", () => {
  const listed: unknown = expect.stringMatching(
    /^Use one of: init, (\w+, )+help\. To write the flake, name only the config: microvm-emit microvm\.config\.ts\.$/,
  );
  it.each([
    ["plna x.ts", 'Did you mean "plan"?'],
    ["plam", 'Did you mean "plan"?'],
    ["chekc x.ts --json", 'Did you mean "check"?'],
    ["--format json explian", 'Did you mean "explain"?'],
    ["-o out shema", 'Did you mean "schema"?'],
    ["hlep", 'Did you mean "help"?'],
    ["help plna", 'Did you mean "plan"?'],
    ["help me", 'Did you mean "merge"?'],
    ["snap", 'Did you mean "snapshot"?'],
    ["res web", "Did you mean one of: restart, restore, reset?"],
    ["store", 'Did you mean "restore"?'],
    ["help yourself", listed],
    ["build x.ts", listed],
  ])("is reported with a suggestion: %s", (line, remedy) => {
    let thrown: unknown;
    try {
      invocationOf(line);
    } catch (error) {
      thrown = error;
    }
    expect(failuresOf(thrown)).toMatchObject([{ kind: "usage", remedy }]);
  });

  it.each(["x.ts", "./plan.ts", "dir/config", "plan.config.yaml -o out"])(
    "is a config if it can be one: %s",
    (line) => {
      expect(invocationOf(line)).toMatchObject({ command: "emit", config: line.split(" ")[0] });
    },
  );

  it("is a config if such a file exists", () => {
    expect(invocationOf("docs")).toMatchObject({ command: "emit", config: "docs" });
  });
});

describe("help", () => {
  it.each([
    ["help", "Usage: microvm-emit [options] [command] [config]"],
    ["help plan", "Usage: microvm-emit plan [options] [config]"],
    ["plan --help", "Usage: microvm-emit plan [options] [config]"],
    ["help explain", "Usage: microvm-emit explain [options] [code]"],
    ["help help", "Usage: microvm-emit [options] [command] [config]"],
  ])("is printed for %s", async (line, words) => {
    const invocation = invocationOf(line);
    expect(invocation.command).toBe("help");
    const { json } = await invocation.run({
      configFile: () => Promise.reject(new Error("No config is needed.")),
      onProgress: () => undefined,
      isInteractive: false,
    });
    expect(json).toMatchObject({ text: expect.stringContaining(words) as unknown });
  });
});
