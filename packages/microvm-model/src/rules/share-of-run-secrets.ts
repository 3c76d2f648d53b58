import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Share of a temporary secrets folder
 *
 * At each switch of the host, sops-nix and agenix put secrets into a new folder and remove the old one. A running guest
 * still sees the old folder, which is empty (microvm.nix faq.md). Use `secrets`: they are copied when the VM starts.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { shares } }) =>
    shares
      .filter(({ source }) => /^\/run\/(secrets|agenix)(\.d)?(\/|$)/.test(source))
      .map(({ path, source }) =>
        shareOfRunSecrets(
          path,
          `Each switch of the host replaces ${source}, and the guest's share becomes empty`,
          "Use `secrets`: the host copies them when the VM starts.",
        ),
      ),
  );
