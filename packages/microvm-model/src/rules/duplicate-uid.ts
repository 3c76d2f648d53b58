import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * uid used twice
 *
 * For the kernel, users with one uid are one user. Every guest also has the host's main user, with the uid from the host. If the
 * config does not contain that uid, NixOS reports the conflict.
 *
 * ## Fails
 *
 * ```ts vm
 * { users: { bob: { uid: 1001, gid: 100 }, carol: { uid: 1001, gid: 100 } } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { users: { bob: { uid: 1001, gid: 100 }, carol: { uid: 1002, gid: 100 } } }
 * ```
 */
const duplicateUid = problem("duplicate-uid", "error");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ guest: { users } }) =>
    repeated(
      duplicateUid,
      "uid",
      "Set another uid.",
      users.flatMap(({ uid, path }) => (uid === null ? [] : [{ value: String(uid), path: [...path, "uid"] }])),
    ),
  );
