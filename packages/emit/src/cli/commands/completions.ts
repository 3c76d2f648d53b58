import { Argument } from "commander";
import { noFindings } from "../../report/outcome.js";
import type { Declare } from "../command.js";
import { withFormat } from "../command.js";
import { readOwnFile } from "../../fs/own-files.js";
import { examples } from "../vm-options.js";

/** The script of each shell, a file of this package. */
const scripts = { bash: "microvm-emit.bash", zsh: "_microvm-emit", fish: "microvm-emit.fish" } as const;

/** `microvm-emit completions SHELL`: prints the script that a shell loads. */
export const completions: Declare = (program, ask) => {
  const command = program
    .command("completions")
    .description("print a completion script for commands, flags, and names of VMs and hosts")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(scripts)))
    .addHelpText(
      "after",
      examples("completions bash > ~/.local/share/bash-completion/completions/microvm-emit") +
        "  $ microvm-emit completions zsh > ~/.zfunc/_microvm-emit                       a folder in fpath\n" +
        "  $ microvm-emit completions fish > ~/.config/fish/completions/microvm-emit.fish\n\n" +
        "Names come from the lock file beside the config and from this host. Completion does not run the config.",
    )
    .action((shell: keyof typeof scripts) => {
      ask({
        command: "completions",
        run: () => {
          const text = readOwnFile(`completions/${scripts[shell]}`);
          return Promise.resolve({ json: { text }, text: () => text, findings: noFindings, isSource: true });
        },
      });
    });
  withFormat(command, ["human", "json"]);
};

/** `microvm-emit complete -- WORDS…`: the answer to the scripts. Its first line names the kind of paths to add. */
export const completeWords: Declare = (program, ask) => {
  const command = program
    .command("complete", { hidden: true })
    .description("print the words that can complete a command line")
    .argument("[words...]", "the command line without the name of the program, after --")
    .action((words: readonly string[] | undefined) => {
      ask({
        command: "complete",
        run: async ({ configFile }) => {
          const { complete } = await import("../complete.js");
          const { words: candidates = [], paths = "words" } = await complete(program, words ?? [], configFile);
          const lines = candidates.map(({ value, description }) => `${value}\t${description}`);
          return {
            json: { paths, words: candidates },
            text: () => `${[paths, ...lines].join("\n")}\n`,
            findings: noFindings,
            isSource: true,
          };
        },
      });
    });
  withFormat(command, ["human", "json"]);
};
