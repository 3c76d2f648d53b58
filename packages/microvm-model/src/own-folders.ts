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
