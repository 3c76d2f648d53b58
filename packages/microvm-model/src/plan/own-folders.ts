import { match } from "ts-pattern";
import type { SharePlan, ShareRole } from "./plan.js";

/** The folders that belong to one VM; two VMs may name one folder for the agent's login to share it. */
const names: Partial<Readonly<Record<ShareRole, string>>> = {
  workspace: "the workspace",
  sshHostKeys: "the folder of SSH host keys",
  agent: "the agent's login",
};

/** The words for a folder that belongs to one VM; undefined for any other share. */
export const ownName = ({ role }: SharePlan): string | undefined => names[role];

/** The end of a remedy: the place for a `dangerous` reason. */
export const reasonAt = ({ role }: SharePlan): string =>
  match(role)
    .with("own", () => '; to keep this folder, give the reason: `dangerous: "…"`')
    // No entry of `shares` replaces it: SSH in the guest reads the keys at this place only.
    .with("sshHostKeys", () => "")
    .with(
      "workspace",
      () => '; to keep this folder, set `workspace: false` and list it in `shares` with `dangerous: "…"`',
    )
    .with("agent", "secrets", "store", () => '; to keep this folder, list it in `shares` with `dangerous: "…"`')
    .exhaustive();
