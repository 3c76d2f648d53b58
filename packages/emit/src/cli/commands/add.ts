import { homedir } from "node:os";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import type { Declare } from "../command.js";
import { type EditOptions, editing, invocation } from "../edit-command.js";

/** `microvm-emit add NAME`: writes another VM into the config. */
export const add: Declare = (program, ask) => {
  const command = program
    .command("add")
    .description("add a VM to the config and emit")
    .argument("<name>", "name of the new VM")
    .option("--agent <agent>", "run this coding agent, such as claude-code; none for no agent")
    .option("--toolchain <toolchains>", "install toolchains, such as go,node; may be repeated", collectNames)
    .option("--repo <url>", "use this Git repository as the workspace: its URL, or the path of your clone", repository)
    .option("--like <vm>", "copy the settings of another VM, except those that must be unique")
    .action((name: string, options: EditOptions & AddOptions) => {
      const { agent, toolchain = [], repo, like, host } = options;
      const clone = repo === undefined ? undefined : cloneOf(repo);
      // As in `init`.
      const request = {
        kind: "add",
        name,
        host,
        agent: agent === "none" ? undefined : agent,
        toolchains: toolchain,
        clone,
        like,
      } as const;
      ask(invocation("add", request, options, repo));
    });
  editing(command, "host of the VM (default: the only host)", [
    "microvm-emit add projectvm --agent claude-code --toolchain go",
    "microvm-emit add secondvm --like projectvm --dry-run",
    "microvm-emit add webvm --agent codex --repo https://github.com/me/web",
    "microvm-emit add apivm --agent codex --repo ~/src/api",
  ]);
};

interface AddOptions {
  readonly agent?: string;
  readonly toolchain?: readonly string[];
  readonly repo?: string;
  readonly like?: string;
}

const collectNames = (given: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...given.split(",").filter((name) => name !== ""),
];

/** A repository on this machine. */
const isPath = (repo: string): boolean => /^[./~]/.test(repo);

/** The clone as the config names it: below `~/` if it is in the home directory. */
const cloneOf = (repo: string): string => {
  if (!isPath(repo)) return `~/src/${/([\w.-]+?)(?:\.git)?\/*$/.exec(repo)?.[1] ?? "project"}`;
  const path = resolve(repo.replace(/^~(?=\/|$)/, homedir()));
  return path.startsWith(`${homedir()}/`) ? `~${path.slice(homedir().length)}` : path;
};

/** Checks a repository. Git would read some names as an option or a program, and a password would reach the config. */
const repository = (given: string): string => {
  if (/^-|[\s\p{C}]|^[\w-]+::/u.test(given))
    throw new InvalidArgumentError("Give the URL of a Git repository, or the path of a clone.");
  if (/^[\w+.-]+:\/\/[^/@]*:[^/@]*@/.test(given))
    throw new InvalidArgumentError("Leave the password out: the agent could read it in the clone.");
  return given;
};
