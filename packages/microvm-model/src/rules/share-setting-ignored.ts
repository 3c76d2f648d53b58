import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** virtiofs has a daemon of its own with its cache, ACLs and arguments; 9p has the hypervisor and a security model (microvm.nix options.nix). */
export const shareSettingIgnored = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ storage: { shares } }) =>
    shares.flatMap((share) => [
      ...(share.owners !== null && share.readOnly && share.proto === "virtiofs"
        ? [
            warning(
              "share-setting-ignored",
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
          warning(
            "share-setting-ignored",
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
