import { type InterfacePlan, linkFileText, linkOf, type VmPlan } from "@microvm-emit/model";
import { attrs, binding, type Binding, comment, indentedStr, list } from "@microvm-emit/nix-ast";
import { at, bindingAt } from "./terms.js";

/** A link in a guest of its own: the only interface is found by what kernels call it, several by their MACs. */
export const compileLink = (plan: InterfacePlan, position: number, { interfaces }: VmPlan): Binding => {
  const { origin, name, asksForAddress, dhcpClient, addresses, routes } = linkOf(plan, position);
  return bindingAt(
    origin,
    ["systemd", "network", "networks", name],
    attrs([
      interfaces.length === 1
        ? binding(["matchConfig", "Name"], "e*")
        : bindingAt(plan.mac.path, ["matchConfig", "MACAddress"], plan.mac.value),
      ...(asksForAddress ? [binding(["networkConfig", "DHCP"], "ipv4")] : []),
      ...Object.entries(dhcpClient).map(([key, value]) => {
        const setting = binding(["dhcpV4Config", key], value);
        return key === "ClientIdentifier" ? comment(setting, { before: leasedByMac }) : setting;
      }),
      ...(addresses.length === 0
        ? []
        : [binding("addresses", list(addresses.map(({ value, path }) => at(path, attrs({ Address: value })))))]),
      ...(routes.length === 0 ? [] : [binding("routes", routes)]),
    ]),
  );
};

/** The same as a file for a guest that learns of it at boot. */
export const compileLinkFile = (plan: InterfacePlan, position: number, vm: VmPlan): Binding => {
  const { origin, name } = linkOf(plan, position);
  return bindingAt(origin, name, indentedStr(linkFileText(plan, position, vm)));
};

const leasedByMac = "The host's server knows its guests by their MAC addresses.";
