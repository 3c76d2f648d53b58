import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";
import { secretsOf } from "./secrets.js";

/**
 * Secret in the Nix store
 *
 * Every user of the host can read the Nix store, and so can every guest that shares it. Use a file that only root can
 * read: sops-nix and agenix create such files below `/run`.
 *
 * If `file` is a Nix expression, only Nix knows the path. An assertion of the emitted host then reports this error.
 *
 * ## Fails
 *
 * ```ts vm
 * { secrets: { API_KEY: "/nix/store/abc-secrets/api-key" } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { secrets: { API_KEY: "/run/secrets/api-key" } }
 * ```
 */
const secretInStore = problem("secret-in-store", "error");

export const check: Rule = ({ vms }) =>
  vms
    .flatMap(secretsOf)
    .flatMap(({ path, file }) =>
      typeof file === "string" && file.startsWith("/nix/store/")
        ? [
            secretInStore(
              path,
              `${file} is in the Nix store, which every user can read`,
              "Use a file that only root can read, such as a path of sops-nix or agenix below /run.",
            ),
          ]
        : [],
    );
