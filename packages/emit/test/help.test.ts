/** Tests the help of every command: its examples, and the suggestions for unknown flags. */
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { commands } from "../src/cli/commands/commands.js";
import { parseCommand } from "../src/cli/program.js";
import { failuresOf } from "../src/report/failure.js";

const program = new Command("microvm-emit");
for (const declare of commands) declare(program, () => undefined);
const visible = program
  .createHelp()
  .visibleCommands(program)
  .filter((command) => command.name() !== "help");

const helpOf = async (name: string): Promise<string> => {
  const { json } = await parseCommand([name, "--help"]).run({
    configFile: () => Promise.reject(new Error("Help reads no config.")),
    onProgress: () => undefined,
    isInteractive: false,
  });
  return (json as { readonly text: string }).text;
};

/** The words of an example, without `sudo`, redirections and the remark after two spaces. */
const examplesIn = (help: string): readonly (readonly string[])[] =>
  [...help.matchAll(/^ {2}\$ (?:sudo )?microvm-emit(.*)$/gm)].map(([, line = ""]) =>
    line
      .replace(/ {2,}.*$/, "")
      .replace(/ [<>|].*$/, "")
      .split(" ")
      .filter((word) => word !== ""),
  );

describe.each(visible.map((command) => [command.name(), command] as const))("%s", (name, command) => {
  it("has examples that parse", async () => {
    const examples = examplesIn(await helpOf(name));
    expect(examples.length).toBeGreaterThan(0);
    for (const words of examples) expect(parseCommand(words).command, words.join(" ")).toBe(name);
  });

  it("suggests the flag that was mistyped", () => {
    const required = command.options.flatMap(({ mandatory, long }) => (mandatory ? [long ?? "", "name"] : []));
    for (const { long } of command.options) {
      if (long == null || long.length < 6 || long.startsWith("--no-")) continue;
      const typo = `${long.slice(0, -2)}${long.slice(-1)}`;
      let thrown: unknown;
      try {
        parseCommand([name, ...command.registeredArguments.map(() => "name"), ...required, typo]);
      } catch (error) {
        thrown = error;
      }
      expect(failuresOf(thrown), typo).toMatchObject([
        { kind: "usage", message: expect.stringContaining("Did you mean") as unknown },
      ]);
    }
  });
});

it("the program has examples that parse", async () => {
  const { json } = await parseCommand(["--help"]).run({
    configFile: () => Promise.reject(new Error("Help reads no config.")),
    onProgress: () => undefined,
    isInteractive: false,
  });
  const examples = examplesIn((json as { readonly text: string }).text);
  expect(examples.length).toBeGreaterThan(5);
  for (const words of examples) expect(() => parseCommand(words), words.join(" ")).not.toThrow();
});
