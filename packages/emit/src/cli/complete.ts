import type { Argument, Command, Option } from "commander";
import { type Before, type Candidate, placeholders, type Values } from "./placeholders.js";

/** The candidates for the last word of a command line without the program's name, from the table of commands. */
export const complete = async (
  program: Command,
  line: readonly string[],
  configFile: Before["configFile"],
): Promise<Values> => {
  const words = rejoined(line);
  const current = words.at(-1) ?? "";
  const place = placeAfter(program, words.slice(0, -1));
  const before = { config: place.options.get("config"), host: place.options.get("host"), configFile };
  const { words: candidates = [], paths } = await valuesAt(place, current, before);
  const fitting = candidates.filter(({ value }) => value.startsWith(current));
  return { words: fitting, ...(paths !== undefined && { paths }) };
};

/** The state of a command line between two words. */
interface Place {
  readonly program: Command;
  readonly command: Command;
  /** The option whose value comes next. */
  readonly awaiting: Option | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly positionals: number;
  /** True after `--`. */
  readonly isEnded: boolean;
}

const placeAfter = (program: Command, words: readonly string[]): Place => {
  let place: Place = {
    program,
    command: program,
    awaiting: undefined,
    options: new Map(),
    positionals: 0,
    isEnded: false,
  };
  for (const word of words) place = next(place, word);
  return place;
};

const next = (place: Place, word: string): Place => {
  const { command, awaiting, options, positionals, isEnded } = place;
  if (awaiting !== undefined && !(awaiting.variadic && word.startsWith("-")))
    return {
      ...place,
      awaiting: awaiting.variadic ? awaiting : undefined,
      options: new Map([...options, [awaiting.attributeName(), word]]),
    };
  if (!isEnded && word === "--") return { ...place, awaiting: undefined, isEnded: true };
  if (!isEnded && word.startsWith("-") && word !== "-") {
    const [flag = "", value] = word.split(/=(.*)/s);
    const option = optionOf(command, flag);
    if (option === undefined) return { ...place, awaiting: undefined };
    if (value !== undefined) return { ...place, options: new Map([...options, [option.attributeName(), value]]) };
    return { ...place, awaiting: takesValue(option) ? option : undefined };
  }
  const subcommand =
    positionals === 0 && command === place.program
      ? visibleCommands(command).find((one) => one.name() === word)
      : undefined;
  return subcommand === undefined
    ? { ...place, positionals: positionals + 1 }
    : { ...place, command: subcommand, options: new Map() };
};

const valuesAt = async (place: Place, current: string, before: Before): Promise<Values> => {
  const { command, awaiting, isEnded, positionals } = place;
  const isOption = !isEnded && current.startsWith("-");
  if (awaiting !== undefined && !(awaiting.variadic && isOption))
    return valuesOf(awaiting.argChoices, placeholderOf(awaiting), before, current);
  if (isOption) {
    const [flag = "", value] = current.split(/=(.*)/s);
    const option = optionOf(command, flag);
    if (value === undefined || option === undefined) return { words: optionsOf(command) };
    const { words = [] } = await valuesOf(option.argChoices, placeholderOf(option), before, value);
    return { words: words.map((one) => ({ ...one, value: `${flag}=${one.value}` })) };
  }
  if (command === place.program && positionals === 0) {
    const words = subcommandsOf(command).filter(({ value }) => value.startsWith(current));
    // The first word can be a config instead of a subcommand.
    return words.length > 0 ? { words } : { paths: "files" };
  }
  if (command.name() === "help") return { words: subcommandsOf(place.program) };
  const argument = argumentAt(command, positionals);
  return argument === undefined
    ? { words: isEnded ? [] : optionsOf(command) }
    : valuesOf(argument.argChoices, argument.name(), before, current);
};

const valuesOf = async (
  choices: readonly string[] | undefined,
  placeholder: string,
  before: Before,
  word: string,
): Promise<Values> =>
  choices === undefined
    ? ((await placeholders[placeholder]?.(before, word)) ?? {})
    : { words: choices.map((value) => ({ value, description: placeholder })) };

/** The last argument may take all other words. */
const argumentAt = ({ registeredArguments }: Command, position: number): Argument | undefined => {
  const last = registeredArguments.at(-1);
  return registeredArguments[position] ?? (last?.variadic === true ? last : undefined);
};

const optionOf = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ long, short }) => long === flag || short === flag);

const takesValue = (option: Option): boolean => option.required || option.optional;

/** `vm` of `--vm <vm>` and of `--vm <vm...>`. */
export const placeholderOf = ({ flags }: Option): string => /[<[]([^\]>]*?)(?:\.\.\.)?[\]>]/.exec(flags)?.[1] ?? "";

const visibleCommands = (program: Command): readonly Command[] => program.createHelp().visibleCommands(program);

const subcommandsOf = (program: Command): readonly Candidate[] =>
  visibleCommands(program).map((command) => ({
    value: command.name(),
    description: firstClause(command.description()),
  }));

const optionsOf = (command: Command): readonly Candidate[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long == null ? [] : [{ value: long, description: firstClause(description) }]));

/** The first clause, because shells show a description on one line. */
const firstClause = (text: string): string => text.replace(/[;(\n].*$/s, "").trim();

/** Bash splits `--format=json` into three words. */
const rejoined = (line: readonly string[]): readonly string[] =>
  line.reduce<readonly string[]>((words, word, at) => {
    const last = words.at(-1);
    const isJoined = last !== undefined && (word === "=" ? last.startsWith("--") : line[at - 1] === "=");
    return isJoined ? [...words.slice(0, -1), last + word] : [...words, word];
  }, []);
