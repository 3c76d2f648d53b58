import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Main user declared again
 *
 * Every guest already has the host's main user. To configure that user in a guest, use `home` of the VM.
 *
 * ## Fails
 *
 * ```ts vm
 * { users: { alice: { uid: 1001, gid: 100 } } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { users: { bob: { uid: 1001, gid: 100 } } }
 * ```
 */
const duplicateUser = problem("duplicate-user", "error");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ guest: { users } }) =>
    repeated(
      duplicateUser,
      "user name",
      "Remove the main user from `users`.",
      users.map(({ name, path }) => ({ value: name, path })),
    ),
  );
