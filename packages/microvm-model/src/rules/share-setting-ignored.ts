import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A setting of a share has no effect
 *
 * `cache`, `posixAcl`, `socket` and `extraArgs` are for the daemon of a virtiofs share, `securityModel` is for 9p.
 * microvm.nix takes all of them with either and reads only those of the protocol. `owners` is about files that a guest writes, and has no
 * effect on a read-only share.
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

/** virtiofs has a daemon of its own with its cache, ACLs and arguments; 9p has the hypervisor and a security model (microvm.nix options.nix). */
export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { shares } }) =>
    shares.flatMap((share) => [
      ...(share.owners !== null && share.readOnly && share.proto === "virtiofs"
        ? [
            shareSettingIgnored(
              [...share.path, "owners"],
              `The share ${share.tag.value} is read-only, and \`owners\` is about written files`,
              "Leave `owners` out, or `readOnly`.",
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
            `The share ${share.tag.value} goes over ${share.proto}, which has no \`${setting}\``,
            `Leave \`${setting}\` out, or choose the other \`proto\`.`,
          ),
        ),
    ]),
  );

const ignoredBy = {
  "9p": ["owners", "cache", "posixAcl", "socket", "extraArgs"],
  virtiofs: ["securityModel"],
} as const;
