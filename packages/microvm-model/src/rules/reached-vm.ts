import type { ConfigSource } from "./config-source.js";
import type { HostPlan, Placed, VmPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import { didYouMean } from "../common/suggest.js";
import { isOfDefaults, type Written } from "../compose/vm-defaults.js";
import { closedPort } from "./forward-port.js";

/** A VM that another one may reach is there, is another one, and lets in what is to reach it. */
export const reachedVm = (host: HostPlan, { written }: ConfigSource): readonly Problem[] => {
  const byName = new Map(host.vms.map((vm) => [vm.name, vm]));
  return host.vms.flatMap((vm) =>
    vm.network.policy.vms.flatMap((reached) => {
      const other = byName.get(reached.value);
      if (other === vm) return [itself(vm, reached, written)];
      if (other === undefined) return [unknown(host, vm, reached, written)];
      return (reached.ports ?? []).flatMap(({ proto, port }) => closedPort(other, proto, port, reached.path));
    }),
  );
};

const itself = ({ name, network: { policy } }: VmPlan, { path }: Placed<string>, written: Written): Problem => {
  const others = policy.written.reachVms.filter((_, position) => policy.vms[position]?.value !== name);
  return error(
    "reach-itself",
    path,
    `${name} is this VM`,
    isOfDefaults(written(path))
      ? `Give ${name} \`reachVms: replace(${JSON.stringify(others.map(({ value }) => value))})\` in place of what \`vmDefaults\` say.`
      : "Leave it out.",
  );
};

const unknown = (
  { vms, importedVms }: HostPlan,
  { name }: VmPlan,
  { value, path }: Placed<string>,
  written: Written,
): Problem => {
  if (importedVms.some((vm) => vm.name === value))
    return error(
      "unknown-vm",
      path,
      `The VM ${value} is described elsewhere, and its address is not known here`,
      "Describe it in the host's `vms`, or leave it out.",
    );
  // In defaults, any VM can be meant by some other one.
  const known = vms.map((vm) => vm.name).filter((other) => other !== name || isOfDefaults(written(path)));
  return error(
    "unknown-vm",
    path,
    `There is no VM ${value} on this host`,
    known.length === 0
      ? "There is no other VM here either: describe it in `vms`, or leave it out."
      : didYouMean(value, known),
  );
};
