import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Share tag used twice
 *
 * A guest finds a share by its tag, so microvm.nix refuses equal tags. The built-in shares use `workspace`, `ro-store`,
 * `ssh-keys` and the tag of the agent's state.
 *
 * ## Fails
 *
 * ```ts vm
 * { shares: [{ tag: "workspace", source: "/srv/data" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { shares: [{ tag: "data", source: "/srv/data" }] }
 * ```
 */
const duplicateShareTag = problem("duplicate-share-tag", "error");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ storage: { shares } }) =>
    repeated(
      duplicateShareTag,
      "share tag",
      "Give the share another tag.",
      shares.map(({ tag }) => tag),
    ),
  );
