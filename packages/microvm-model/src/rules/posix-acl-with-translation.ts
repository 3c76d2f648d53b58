import type { Rule } from "./rule.js";
import { textsOf } from "../plan/option-texts.js";
import { problem } from "../problems/problem.js";
import { isSquashed, translatesOwners } from "../resolve/writable.js";

/**
 * POSIX ACLs with id translation
 *
 * virtiofsd accepts `--posix-acl`, which microvm.nix sets by default, or `--translate-uid` and `--translate-gid`, but
 * not both (microvm.nix asserts.nix). A writable share translates ids, so that the host's user owns all files. With
 * `owners: "guest"` it does not, and can have ACLs. `microvm.virtiofsd.extraArgs` applies to all shares, including the
 * store and the workspace.
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
            `The share ${share.tag.value} makes ${user} the owner of all files, so virtiofsd cannot support POSIX ACLs`,
            'Remove `posixAcl`, or set owners: "guest", which lets the guest\'s root leave files of root on the host.',
          ),
        );
      const translated = shares
        .filter((share) => share.proto === "virtiofs" && !isSquashed(share) && share.posixAcl !== false)
        .filter(({ extraArgs }) => everywhere || extraArgs.some(translatesOwners))
        .map((share) =>
          posixAclWithTranslation(
            share.path,
            `The share ${share.tag.value} has POSIX ACLs and translates ids; virtiofsd supports only one of them`,
            everywhere
              ? "Translate ids in the `extraArgs` of single shares, each with posixAcl: false."
              : "Set the share's posixAcl: false.",
            everywhere ? [{ path: [...path, "microvm", "virtiofsd", "extraArgs"], note: "for all shares" }] : [],
          ),
        );
      return [...squashed, ...translated];
    },
  );
