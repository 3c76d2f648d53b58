import { existsSync } from "node:fs";
import { clip, didYouMean, meant } from "@microvm-emit/model/internal";
import { Command, CommanderError } from "commander";
import { Failed } from "../report/failure.js";
import { noFindings } from "../report/outcome.js";
import { type Format, formats, type Invocation } from "./command.js";
import { commands } from "./commands/commands.js";
import { version } from "../fs/own-files.js";

/** Output options, which apply even if the rest of the command line is invalid. */
export interface Presentation {
  readonly format: Format;
  readonly verbose: boolean;
}

export const presentationOf = (argv: readonly string[]): Presentation => {
  const end = argv.indexOf("--");
  const words = (end === -1 ? argv : argv.slice(0, end)).flatMap((word) =>
    word.replace(/^--format=/, "--format\n").split("\n"),
  );
  const named = words[words.lastIndexOf("--format") + 1];
  return {
    format: words.includes("--json")
      ? "json"
      : (formats.find((format) => words.includes("--format") && format === named) ?? "human"),
    verbose: words.includes("--verbose"),
  };
};

const examples = `
Examples:
  $ microvm-emit                                  write flake/ beside the config
  $ microvm-emit microvm.config.ts -o out         write out/
  $ microvm-emit plan                             show the network access of each VM
  $ microvm-emit check                            evaluate every host with Nix
  $ microvm-emit check --override-input nixpkgs path:$HOME/nixpkgs
  $ microvm-emit check --format sarif > problems.sarif
  $ microvm-emit add webvm --agent claude-code    write another VM into the config and emit
  $ microvm-emit rename webvm shopvm              keep its addresses
  $ microvm-emit explain duplicate-address        explain a problem code
  $ microvm-emit schema > microvm.schema.json     for "$schema" of a config in YAML or JSON

Exit codes: 0 success, 1 problems to fix, 2 could not run.`;

/** Parses a command line without the program's name. Does not run it. Throws {@link Failed}. */
export const parseCommand = (argv: readonly string[]): Invocation => {
  let invocation: Invocation | undefined;
  let help = "";
  const program = new Command("microvm-emit")
    .description("Compiles a typed description of NixOS hosts and their microVMs to a flake.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .addHelpText("after", examples);
  for (const declare of commands) declare(program, (asked) => (invocation = asked));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: (text) => (help += text), writeErr: () => undefined });
  }
  requireKnownCommand(argv, program);
  const asked = argv[0] === "help" ? [...argv.slice(1).filter((word) => word !== "help"), "--help"] : argv;
  try {
    program.parse(joinOverrides(asked), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageOf(error, commandIn(asked, program));
    return {
      command: "help",
      run: () => Promise.resolve({ json: { text: help }, text: () => help, findings: noFindings }),
    };
  }
  if (invocation === undefined) throw new Error(`No command answers ${argv.join(" ")}.`);
  return invocation;
};

/**
 * Throws for an unknown first word, or second word after `help`, that cannot be a config: it has no extension, and
 * there is no such file.
 */
const requireKnownCommand = (argv: readonly string[], program: Command): void => {
  const [first, second] = argv.filter(
    (word, position) => !word.startsWith("-") && !takesValue.has(argv[position - 1] ?? ""),
  );
  const word = first === "help" ? second : first;
  if (word === undefined || (first !== "help" && (!/^[\w-]+$/.test(word) || existsSync(word)))) return;
  if (word === "help" || program.commands.some((command) => command.name() === word)) return;
  const names = program
    .createHelp()
    .visibleCommands(program)
    .map((command) => command.name());
  throw new Failed({
    kind: "usage",
    message: `Unknown command ${JSON.stringify(clip(word))}.`,
    remedy:
      meant(word, names).length === 0
        ? `Use one of: ${names.join(", ")}. To write the flake, name only the config: microvm-emit microvm.config.ts.`
        : didYouMean(word, names),
  });
};

/** Options of the program whose value is the next word. */
const takesValue: ReadonlySet<string> = new Set(["-o", "--output", "--stop-after", "--format"]);

/** Joins the two values of `--override-input NAME REF`, Nix's syntax, because commander supports one. */
const joinOverrides = (argv: readonly string[]): string[] => {
  const joined: string[] = [];
  for (let position = 0; position < argv.length; position++) {
    const word = argv[position] ?? "";
    const [name, reference] = [argv[position + 1], argv[position + 2]];
    if (word === "--override-input" && name !== undefined && reference !== undefined) {
      joined.push(`${word}=${name}=${reference}`);
      position += 2;
    } else joined.push(word);
  }
  return joined;
};

/** The first word that is the name of a command. */
const commandIn = (argv: readonly string[], program: Command): string | undefined =>
  program.commands.map((command) => command.name()).find((name) => name === argv[0]);

/** The help of a command lists its options; the help of the program does not. */
const usageOf = (error: CommanderError, command: string | undefined): Failed =>
  new Failed({
    kind: "usage",
    message: sentence(error.message),
    ...(command === undefined
      ? {}
      : { remedy: `Run \`microvm-emit ${command} --help\` to see its arguments and options.` }),
  });

/** `error: unknown option '--x'\n(Did you mean --y?)` → `Unknown option '--x' (Did you mean --y?).` */
const sentence = (message: string): string => {
  const text = message
    .replace(/^error: /, "")
    .replaceAll("\n", " ")
    .trim();
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
};
