import { existsSync, readFileSync } from "node:fs";
import { clip, didYouMean, nearest } from "@microvm-emit/model";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import * as E from "fp-ts/lib/Either.js";
import type { Failure } from "../report/failure.js";

/** What a command line asks for, paths as typed. */
export type Request =
  | { readonly kind: "tell"; readonly text: string }
  | { readonly kind: "explain"; readonly code: string | undefined }
  | ({ readonly kind: "emit"; readonly force: boolean } & ConfigAndDirectory)
  | ({ readonly kind: "stop"; readonly after: Stage } & ConfigAndDirectory)
  | ({ readonly kind: "plan" } & ConfigAndDirectory)
  | ({ readonly kind: "check"; readonly overrides: readonly Override[] } & ConfigAndDirectory);

/** How a command line asks to be answered, which holds even where it cannot be understood. */
export interface Presentation {
  readonly format: Format;
  readonly verbose: boolean;
}

/** For people, as one JSON object, or as a log of the Static Analysis Results Interchange Format. */
const formats = ["human", "json", "sarif"] as const;
type Format = (typeof formats)[number];

export const presentationOf = (argv: readonly string[]): Presentation => {
  const words = argv.flatMap((word) => word.replace(/^--format=/, "--format\n").split("\n"));
  const named = words[words.lastIndexOf("--format") + 1];
  return {
    format: argv.includes("--json")
      ? "json"
      : (formats.find((format) => words.includes("--format") && format === named) ?? "human"),
    verbose: argv.includes("--verbose"),
  };
};

/** Input name and flake reference, as `--override-input` takes them. */
export type Override = readonly [name: string, reference: string];

export interface ConfigAndDirectory {
  readonly config: string;
  /** The output directory; beside the config when undefined. */
  readonly output: string | undefined;
}

const stages = ["plan", "ast", "text"] as const;
export type Stage = (typeof stages)[number];

const examples = `
Examples:
  $ microvm-emit microvm.config.ts                emit to flake/ beside the config
  $ microvm-emit microvm.config.ts -o out         emit to out/
  $ microvm-emit check microvm.config.ts          have Nix evaluate every host, writing nothing
  $ microvm-emit check microvm.config.ts --override-input nixpkgs path:$HOME/nixpkgs
  $ microvm-emit plan microvm.config.ts           show what each VM reaches and is reached by, and why guests differ
  $ microvm-emit check microvm.config.ts --format sarif > problems.sarif
  $ microvm-emit explain duplicate-address        say why that is a problem
  $ microvm-emit schema > microvm.schema.json     for "$schema" of a config in YAML or JSON

Exit codes: 0 fine, 1 problems to mend, 2 could not run.`;

/** Reads a command line, without the program's name; runs and prints nothing. */
export const parseCommand = (argv: readonly string[]): E.Either<Failure, Request> => {
  let request: Request | undefined;
  let told = "";
  const program = new Command("microvm-emit")
    .description("Emits a NixOS flake from a typed description of hosts and their microVMs.")
    .argument("<config>", "the config: a .ts .mts .js .mjs .json .jsonc .yaml or .yml file")
    .option("-o, --output <dir>", "the directory to emit to (default: flake/ beside the config)")
    .option("--force", "overwrite and remove files that are not ours or were edited by hand")
    .addOption(new Option("--stop-after <stage>", "print a stage and write nothing").choices(stages))
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .addHelpText("after", examples)
    .action((config: string, { output, force, stopAfter }: { output?: string; force?: true; stopAfter?: Stage }) => {
      request =
        stopAfter === undefined
          ? { kind: "emit", config, output, force: force === true }
          : { kind: "stop", config, output, after: stopAfter };
    });
  const check = program
    .command("check")
    .description("have Nix evaluate every host of the config, in a temporary place")
    .argument("<config>", "the config")
    .option("-o, --output <dir>", "the directory it would be emitted to, whose flake.lock is used")
    .option("--override-input <name> <ref>", "use another flake for an input", collectOverride)
    .option("--verbose", "show all that Nix writes")
    .action((config: string, { output, overrideInput }: { output?: string; overrideInput?: Override[] }) => {
      request = { kind: "check", config, output, overrides: overrideInput ?? [] };
    });
  const plan = program
    .command("plan")
    .description("show the guests of each host, what keeps them apart, and what each VM reaches and is reached by")
    .argument("<config>", "the config")
    .action((config: string) => {
      request = { kind: "plan", config, output: undefined };
    });
  program
    .command("schema")
    .description("print the JSON Schema of a config, by which an editor completes YAML and JSON")
    .action(() => {
      request = { kind: "tell", text: beside("config.schema.json") };
    });
  program
    .command("explain")
    .description("say why something is a problem, and show what fails and what passes")
    .argument("[code]", "the code of a problem, such as duplicate-address; all of them are listed without")
    .addOption(new Option("--format <format>", "how to answer").choices(["human", "json"]).default("human"))
    .option("--json", "the same as --format json")
    .action((code: string | undefined) => {
      request = { kind: "explain", code };
    });
  for (const command of [program, check, plan]) {
    command
      .addOption(new Option("--format <format>", "how to answer").choices(formats).default("human"))
      .option("--json", "the same as --format json");
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: (text) => (told += text), writeErr: () => undefined });
  }
  const unknown = unknownCommand(
    argv,
    program.commands.map((command) => command.name()),
  );
  if (unknown !== undefined) return E.left(unknown);
  const asked = argv[0] === "help" ? [...argv.slice(1).filter((word) => word !== "help"), "--help"] : argv;
  try {
    program.parse(joinOverrides(asked), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) return E.left({ kind: "usage", message: sentence(error.message) });
    request = { kind: "tell", text: told };
  }
  return request === undefined ? E.left({ kind: "usage", message: "No config is named." }) : E.right(request);
};

/** A first word, or one after `help`, that is no command and no file either; a config's name has an extension. */
const unknownCommand = (argv: readonly string[], commands: readonly string[]): Failure | undefined => {
  const [first, second] = argv.filter(
    (word, position) => !word.startsWith("-") && !takesValue.has(argv[position - 1] ?? ""),
  );
  const word = first === "help" ? second : first;
  const names = [...commands, "help"];
  if (word === undefined || names.includes(word) || (first !== "help" && (!/^[\w-]+$/.test(word) || existsSync(word))))
    return undefined;
  return {
    kind: "usage",
    message: `There is no command ${JSON.stringify(clip(word))}.`,
    remedy:
      nearest(word, names) === undefined
        ? `Use one of: ${names.join(", ")}. To emit, name the config alone: microvm-emit microvm.config.ts.`
        : didYouMean(word, names),
  };
};

/** Options whose value is a word of its own. */
const takesValue: ReadonlySet<string> = new Set(["-o", "--output", "--stop-after", "--format"]);

/** `--override-input NAME REF` as Nix has it takes two words, of which the parser knows one only. */
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

const collectOverride = (given: string, before: readonly Override[] = []): readonly Override[] => {
  const at = given.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It takes a name and a flake reference.");
  return [...before, [given.slice(0, at), given.slice(at + 1)]];
};

/** `error: unknown option '--x'\n(Did you mean --y?)` → `Unknown option '--x' (Did you mean --y?).` */
const sentence = (message: string): string => {
  const text = message
    .replace(/^error: /, "")
    .replaceAll("\n", " ")
    .trim();
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
};

/** The version of the package. */
export const version = (): string => (JSON.parse(beside("package.json")) as { version: string }).version;

/** A file of this package. */
const beside = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
