import type { Style } from "../report/style.js";
import { table } from "../report/table.js";
import { visibleInLine } from "../report/visible.js";
import type { DeployedHost, DeployedVm } from "./deployment.js";

/** The hosts of `diff --deployed` for people. */
export const formatDeployments = (hosts: readonly DeployedHost[], style: Style): string =>
  hosts.map((host) => formatDeployment(host, style)).join("\n");

const formatDeployment = ({ host, isCurrent, system, vms }: DeployedHost, style: Style): string => {
  const changed = vms.filter(
    ({ change, afterSwitch, facts }) => change !== "same" || afterSwitch === "stale" || facts.length > 0,
  );
  const verdict = isCurrent
    ? style.green("current")
    : system.deployed === null
      ? style.yellow("runs no NixOS")
      : style.yellow("needs a switch");
  const rows = changed.map((vm) => [
    { text: vm.name },
    { text: vm.change === "same" ? "" : vm.change },
    { text: vm.state },
    { text: effects[vm.afterSwitch] },
    { text: vm.facts.map(factText).join(", ") },
  ]);
  const same = vms.length - changed.length;
  return [
    `${style.bold(visibleInLine(host))}  ${verdict}\n`,
    ...(rows.length === 0 ? [] : [table(["VM", "change", "state", "after a switch", "facts"], rows, style)]),
    ...(same === 0 ? [] : [style.dim(`${String(same)} ${same === 1 ? "VM matches" : "VMs match"} the config\n`)]),
  ].join("");
};

const effects: Readonly<Record<DeployedVm["afterSwitch"], string>> = {
  current: "",
  restarted: "restarted",
  stale: "old build until its restart",
  stopped: "",
};

const factText = ({ fact, deployed, wanted }: DeployedVm["facts"][number]): string =>
  `${fact} ${JSON.stringify(deployed)} → ${JSON.stringify(wanted)}`;
