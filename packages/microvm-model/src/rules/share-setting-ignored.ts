import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Share setting has no effect
 *
 * `cache`, `posixAcl`, `socket` and `extraArgs` configure the daemon of a virtiofs share; `securityModel` configures 9p.
 * microvm.nix accepts all of them and ignores those of the other protocol. `owners` applies to files that a guest
 * writes, so it has no effect on a read-only share.
 *
 * ## Fails
 *
 * ```ts vm
 * { shares: [{ tag: "data", source: "/srv/data", securityModel: "mapped" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { shares: [{ tag: "data", source: "/srv/data", cache: "never" }] }
 * ```
 */
const shareSettingIgnored = problem("share-setting-ignored", "warning");

export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { shares } }) =>
    shares.flatMap((share) => [
      ...(share.owners !== null && share.readOnly && share.proto === "virtiofs"
        ? [
            shareSettingIgnored(
              [...share.path, "owners"],
              `The share ${share.tag.value} is read-only, so \`owners\` has no effect`,
              "Remove `owners` or `readOnly`.",
            ),
          ]
        : []),
      ...ignoredBy[share.proto]
        .filter(
          (setting) => !(share[setting] === null || (Array.isArray(share[setting]) && share[setting].length === 0)),
        )
        .map((setting) =>
          shareSettingIgnored(
            [...share.path, setting],
            `The share ${share.tag.value} uses ${share.proto}, which has no \`${setting}\``,
            `Remove \`${setting}\`, or use the other \`proto\`.`,
          ),
        ),
    ]),
  );

const ignoredBy = {
  "9p": ["owners", "cache", "posixAcl", "socket", "extraArgs"],
  virtiofs: ["securityModel"],
} as const;
