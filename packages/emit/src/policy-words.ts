import type { AllowedPlan, PolicyPlan, PortPlan } from "@microvm-emit/model";

/** What a VM may reach, as the end of a sentence that begins with "reaches". */
export const policyWords = ({ network, domains, addresses, host, vms }: PolicyPlan): string => {
  const parts = [
    ...(network === "internet" ? ["the internet"] : []),
    ...[...domains, ...addresses].map(allowedWords),
    ...(host.length === 0 ? [] : [`the host's ${host.map(portWords).join(", ")}`]),
    ...(vms.length === 0 ? [] : [`the VMs ${vms.map(({ value }) => value).join(", ")}`]),
  ];
  if (network === "open") return "everything";
  return parts.length === 0 ? "nothing" : parts.join("; ");
};

const allowedWords = ({ target, ports }: AllowedPlan): string => {
  const numbers = [...new Set(ports.map(({ port }) => port))].sort((a, b) => a - b).join(",");
  return numbers === "80,443" ? target : `${target.includes(":") ? `[${target}]` : target}:${numbers}`;
};

const portWords = ({ proto, port }: PortPlan): string => `${proto} ${String(port)}`;
