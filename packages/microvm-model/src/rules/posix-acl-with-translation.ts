import { textsOf } from "../plan/option-texts.js";
import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import { isSquashed, translatesOwners } from "../resolve/writable.js";

/** virtiofsd takes --posix-acl or a translation of ids, not both (microvm.nix asserts.nix). */
export const posixAclWithTranslation = (host: HostPlan): readonly Problem[] =>
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
          error(
            "posix-acl-with-translation",
            [...share.path, "posixAcl"],
            `All that is written to ${share.tag.value} is made ${user}'s, for which virtiofsd gives up POSIX ACLs`,
            'Leave `posixAcl` out, or set owners: "guest", with which root of the guest may leave files of root\'s on the host.',
          ),
        );
      const translated = shares
        .filter((share) => share.proto === "virtiofs" && !isSquashed(share) && share.posixAcl !== false)
        .filter(({ extraArgs }) => everywhere || extraArgs.some(translatesOwners))
        .map((share) =>
          error(
            "posix-acl-with-translation",
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
