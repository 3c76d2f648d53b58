import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * No SSH key
 *
 * Guests only accept SSH keys. This VM has no key, and no module that could add one, so all logins fail.
 *
 * ## Fails
 *
 * ```ts host
 * { user: { name: "alice" } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] } }
 * ```
 */
const noLogin = problem("no-login", "warning", { isOfAbsence: true });

export const check: Rule = (host) => {
  const locked = host.vms.filter(
    ({ guest: { users, modules } }) => modules.length === 0 && users.every(({ sshKeys }) => sshKeys.length === 0),
  );
  return locked.length === 0
    ? []
    : [
        noLogin(
          [...host.path, "user", "sshKeys"],
          `No SSH key for ${locked
            .map(({ name }) => name)
            .slice(0, 5)
            .join(", ")}${locked.length > 5 ? ` and ${String(locked.length - 5)} more` : ""}`,
          "Add your public key to `user.sshKeys`, or add a module that sets one.",
        ),
      ];
};
