import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** sops-nix and agenix replace the folder at each switch of the host, and a guest keeps seeing the one that is gone (microvm.nix faq.md). */
export const shareOfRunSecrets = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ storage: { shares } }) =>
    shares
      .filter(({ source }) => /^\/run\/(secrets|agenix)(\.d)?(\/|$)/.test(source))
      .map(({ path, source }) =>
        warning(
          "share-of-run-secrets",
          path,
          `${source} is another folder after each switch of the host, and the guest's share goes empty`,
          "Use `secrets`, which are copied when the VM starts.",
        ),
      ),
  );
