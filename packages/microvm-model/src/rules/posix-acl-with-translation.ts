import type { Rule } from "./rule.js";
import { textsOf } from "../plan/option-texts.js";
import { problem } from "../problems/problem.js";
import { isSquashed, translatesOwners } from "../resolve/writable.js";

/**
 * A share has POSIX ACLs, and its daemon translates ids
 *
 * virtiofsd takes `--posix-acl`, which microvm.nix passes by default, or `--translate-uid` and `--translate-gid`, and
 * refuses both together: microvm.nix asserts it for every share. A writable share translates, so that all that is written is the host's
 * user's; with `owners: "guest"` it does not, and has ACLs. Arguments in `microvm.virtiofsd.extraArgs` go to the
 * daemons of all shares, those of the store and the workspace among them.
 *
 * ## Fails
 *
 * ```ts vm
 * { shares: [{ tag: "data", source: "/srv/data", posixAcl: true }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { shares: [{ tag: "data", source: "/srv/data" }] }
 * ```
 */
const posixAclWithTranslation = problem("posix-acl-with-translation", "error");

/** virtiofsd takes --posix-acl or a translation of ids, not both (microvm.nix asserts.nix). */
export const check: Rule = (host) =>
  host.vms.flatMap(
    ({
      path,
      machine: { options },
      storage: { shares },
      guest: {
        users: [{ name: user }],
      },
    }) => {
      const everywhere = textsOf(options, "virtiofsd.extraArgs").some(translatesOwners);
      const squashed = shares
        .filter((share) => isSquashed(share) && share.posixAcl === true)
        .map((share) =>
          posixAclWithTranslation(
            [...share.path, "posixAcl"],
            `All that is written to ${share.tag.value} is made ${user}'s, for which virtiofsd gives up POSIX ACLs`,
            'Leave `posixAcl` out, or set owners: "guest", with which root of the guest may leave files of root\'s on the host.',
          ),
        );
      const translated = shares
        .filter((share) => share.proto === "virtiofs" && !isSquashed(share) && share.posixAcl !== false)
        .filter(({ extraArgs }) => everywhere || extraArgs.some(translatesOwners))
        .map((share) =>
          posixAclWithTranslation(
            share.path,
            `The share ${share.tag.value} has POSIX ACLs, and its daemon translates ids: virtiofsd does one of them`,
            everywhere
              ? "Translate ids in the `extraArgs` of single shares, each with posixAcl: false."
              : "Set the share's posixAcl: false.",
            everywhere ? [{ path: [...path, "microvm", "virtiofsd", "extraArgs"], note: "for all shares" }] : [],
          ),
        );
      return [...squashed, ...translated];
    },
  );
