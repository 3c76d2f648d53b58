import type { Expr } from "@microvm-emit/nix-ast";
import { secretsBy } from "../catalogue/hypervisors.js";
import type { VmModel } from "../config/config.js";
import type { ConfigPath } from "../problems/problem.js";
import { expandHome } from "./folders.js";
import type { UserPlan } from "./users.js";

/** A secret of a guest's main user. */
export interface SecretPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** Its name, which is also its file name in the guest. */
  readonly name: string;
  /** The file on the host. */
  readonly file: string | Expr;
  /** The environment variable with its value; null without one. */
  readonly variable: string | null;
  /** The transport to the guest: a systemd credential of the hypervisor, or a share that only root can read. */
  readonly by: "credential" | "share";
}

export const planSecret = (
  name: string,
  written: VmModel["secrets"][string],
  hypervisor: VmModel["hypervisor"],
  owner: UserPlan,
  path: ConfigPath,
): SecretPlan => {
  const { file, variable } =
    typeof written === "string" || "kind" in written ? { file: written, variable: name } : written;
  return {
    path,
    name,
    file: typeof file === "string" ? expandHome(file, owner) : file,
    variable: variable ?? null,
    by: secretsBy(hypervisor),
  };
};
