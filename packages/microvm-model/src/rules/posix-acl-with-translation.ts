import { textsOf } from "../microvm-options.js";
import type { HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** virtiofsd takes --posix-acl or a translation of ids, not both (microvm.nix asserts.nix). */
export const posixAclWithTranslation = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ path, options, shares }) => {
    const everywhere = textsOf(options, "virtiofsd.extraArgs").some(translates);
    return shares
      .filter(({ proto, posixAcl }) => proto === "virtiofs" && posixAcl !== false)
      .filter(({ extraArgs }) => everywhere || extraArgs.some((argument) => translates(argument)))
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
  });

const translates = (argument: unknown): boolean => typeof argument === "string" && /--translate-[ug]id/.test(argument);
