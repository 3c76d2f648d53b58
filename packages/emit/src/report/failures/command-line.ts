import { clip, didYouMean } from "@microvm-emit/model/internal";
import type { Rows } from "./row.js";

/** Failures of the command line, and of this program. */
export const commandLineFailures = {
  /**
   * Invalid command line
   *
   * A command or option is unknown, or an option lacks its value. `microvm-emit --help` lists all commands and options.
   */
  usage: {
    exitCode: 2,
    words: ({ message, remedy = "Run `microvm-emit --help` to see the commands and options." }) => ({
      message,
      remedy,
    }),
  },
  /**
   * Unknown code
   *
   * The remedy suggests codes that begin with the word, contain it or are similar. `microvm-emit explain` without a code
   * lists all codes.
   */
  "unknown-code": {
    exitCode: 2,
    words: ({ code, known }) => ({
      message: `Unknown problem code ${JSON.stringify(clip(code))}.`,
      remedy: `${didYouMean(code, known)} \`microvm-emit explain\` lists all codes.`,
    }),
  },
  /**
   * Unknown name
   *
   * `init`, `add`, `remove`, `rename` and `move` take names of the config (hosts, VMs) and of the catalogue (agents,
   * toolchains). The remedy suggests the nearest known name.
   */
  "unknown-name": {
    exitCode: 1,
    words: ({ noun, name, known }) => ({
      message: `Unknown ${noun} ${JSON.stringify(clip(name))}.`,
      remedy: didYouMean(name, known),
    }),
  },
  /**
   * Current directory does not exist
   *
   * The directory of this shell was removed, so relative paths have no meaning. Change to another directory.
   */
  "cwd-missing": {
    exitCode: 2,
    words: () => ({
      message: "The current directory no longer exists.",
      remedy: "Change to another directory.",
    }),
  },
  /**
   * The command needs a host
   *
   * The config has several hosts. A new VM can belong to any of them, and several hosts can have a VM of the same name.
   * Choose the host with `--host`.
   */
  "host-needed": {
    exitCode: 2,
    words: ({ file, hosts }) => ({
      subject: file,
      message: hosts.length === 0 ? "The config has no host." : "Several hosts are possible.",
      remedy: hosts.length === 0 ? "Add a host first." : `Choose one with --host: ${hosts.join(", ")}.`,
    }),
  },
  /**
   * Question not answered
   *
   * A command asks before it deletes or deploys something, and `init` asks for missing facts. If you answer no or press
   * Ctrl-C, the command ends and changes nothing. Without a terminal, pass `--yes`.
   */
  "not-confirmed": {
    exitCode: 1,
    words: ({ question, isAsked }) => ({
      message: `${isAsked ? "Cancelled at the question" : "No terminal to ask on"}: ${question} Nothing was changed.`,
      remedy: isAsked ? "Run the command again." : "Add --yes.",
    }),
  },
  /**
   * Fault in microvm-emit
   *
   * The fault is in microvm-emit, not in your config. The stack shows the place. Please report it.
   */
  internal: {
    exitCode: 2,
    words: ({ error }) => ({
      message: "microvm-emit itself failed.",
      remedy: "Report it together with the config.",
      details: error.split("\n"),
    }),
  },
} satisfies Partial<Rows>;
