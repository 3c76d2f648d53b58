import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Program configured twice
 *
 * `home` contains two entries for one program. Neither has priority over the other.
 *
 * ## Fails
 *
 * ```ts vm
 * { home: ["zsh", { program: "zsh", history: { size: 100 } }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { home: [{ program: "zsh", history: { size: 100 } }] }
 * ```
 */
const duplicateProgram = problem("duplicate-program", "error");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ guest: { users } }) =>
    repeated(
      duplicateProgram,
      "program",
      "Merge both entries into one.",
      users.flatMap(({ name, home }) =>
        home.flatMap((part) => (part.kind === "module" ? [] : [{ value: `${part.kind} of ${name}`, path: part.path }])),
      ),
    ),
  );
