import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A share shows secrets that move
 *
 * sops-nix and agenix put secrets into a new folder at each switch of the host and remove the old one, which is the one
 * that a running guest's share still shows (microvm.nix faq.md). `secrets` are copied when the VM starts, and their
 * folder stays.
 *
 * ## Fails
 *
 * ```ts vm
 * { shares: [{ tag: "run-secrets", source: "/run/secrets", mountPoint: "/run/host", readOnly: true }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { secrets: { API_KEY: "/run/secrets/api-key" } }
 * ```
 */
const shareOfRunSecrets = problem("share-of-run-secrets", "warning");

/** sops-nix and agenix replace the folder at each switch of the host, and a guest keeps seeing the one that is gone (microvm.nix faq.md). */
export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { shares } }) =>
    shares
      .filter(({ source }) => /^\/run\/(secrets|agenix)(\.d)?(\/|$)/.test(source))
      .map(({ path, source }) =>
        shareOfRunSecrets(
          path,
          `${source} is another folder after each switch of the host, and the guest's share goes empty`,
          "Use `secrets`, which are copied when the VM starts.",
        ),
      ),
  );
