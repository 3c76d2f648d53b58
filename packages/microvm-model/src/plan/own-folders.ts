import type { SharePlan } from "./plan.js";

/** What a VM has for itself, by the setting that names it. */
const names: Readonly<Record<string, string>> = {
  workspace: "the workspace",
  sshHostKeys: "the SSH host keys",
  agent: "the agent's login",
};

/** The setting that a share is of; a number for one of `shares`. */
export const settingOf = ({ path }: Pick<SharePlan, "path">): string | number | undefined => path.at(-1);

/** What a share is where it is a VM's own; an agent's login is, until another VM names it as its own too. */
export const ownName = (share: SharePlan): string | undefined => names[String(settingOf(share))];

/** Where a `dangerous` reason goes, as the end of a remedy. */
export const reasonAt = (share: SharePlan): string => {
  if (typeof settingOf(share) === "number") return '; if it must be this one, say why: `dangerous: "…"`';
  switch (settingOf(share)) {
    // No share stands for these: the guest's SSH looks for them at their place.
    case "sshHostKeys":
      return "";
    case "workspace":
      return '; if it must be this one, set `workspace: false` and give it in `shares`, with `dangerous: "…"`';
    default:
      return '; if it must be this one, give it in `shares`, with `dangerous: "…"`';
  }
};
