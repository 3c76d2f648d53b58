import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** Without a key and without a module that could bring one, SSH lets nobody in. */
export const noLogin = (host: HostPlan): readonly Problem[] => {
  const locked = host.vms.filter(
    ({ guest: { users, modules } }) => modules.length === 0 && users.every(({ sshKeys }) => sshKeys.length === 0),
  );
  return locked.length === 0
    ? []
    : [
        warning(
          "no-login",
          [...host.path, "user", "sshKeys"],
          `Nobody can log in to ${locked
            .map(({ name }) => name)
            .slice(0, 5)
            .join(", ")}${locked.length > 5 ? ` and ${String(locked.length - 5)} more` : ""}: no SSH key is known`,
          "Add your public key to `user.sshKeys`, or a module that does.",
        ),
      ];
};
