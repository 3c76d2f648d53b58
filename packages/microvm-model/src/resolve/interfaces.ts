import { left, right } from "fp-ts/lib/These.js";
import type { Checked } from "../checked.js";
import type { VmModel } from "../config.js";
import type { InterfacePlan, Subnet, VmPlan } from "../plan.js";
import { type ConfigPath, error, type Problem } from "../problem.js";
import { didYouMean } from "../suggest.js";
import { addressOf, macOf, tapOf, tapPrefix } from "./allocate.js";
import { parseAddress } from "./subnet.js";

/** An interface whose bridge is known and whose identifiers may wait for the VM's index. */
export interface Link {
  readonly written: VmModel["interfaces"][number];
  readonly path: ConfigPath;
  readonly bridge: string;
  readonly subnet: Subnet;
}

/** At least one, as the schema asks. */
export type Links = readonly [Link, ...Link[]];

/** Finds the bridge of each of a VM's interfaces. */
export const linkInterfaces = (vm: VmModel, path: ConfigPath, subnets: ReadonlyMap<string, Subnet>): Checked<Links> => {
  const links: Link[] = [];
  const problems: Problem[] = [];
  vm.interfaces.forEach((written, position) => {
    const place = [...path, "interfaces", position];
    const found = findBridge(written.bridge, [...place, "bridge"], path, subnets);
    if ("code" in found) problems.push(found);
    else if (written.address === undefined && links.some(({ bridge }) => bridge === found.bridge))
      problems.push(
        error(
          "address-needed",
          place,
          `The VM's index gives one address on ${found.bridge}, and another interface has it`,
          "Set this interface's `address`.",
        ),
      );
    else links.push({ written, path: place, ...found });
  });
  const [first, ...others] = links;
  return first === undefined || problems.length > 0 ? left(problems) : right([first, ...others]);
};

const findBridge = (
  named: string | undefined,
  path: ConfigPath,
  vmPath: ConfigPath,
  subnets: ReadonlyMap<string, Subnet>,
): Problem | { readonly bridge: string; readonly subnet: Subnet } => {
  const names = [...subnets.keys()];
  const bridge = named ?? (names.length === 1 ? names[0] : undefined);
  const subnet = bridge === undefined ? undefined : subnets.get(bridge);
  if (bridge !== undefined && subnet !== undefined) return { bridge, subnet };
  if (names.length === 0)
    return error(
      "no-bridge",
      vmPath,
      "The VM has no bridge to join: its host has none",
      "Describe one in the host's `bridges`.",
    );
  return named === undefined
    ? error(
        "ambiguous-bridge",
        vmPath,
        "The host has several bridges and the VM names none",
        `Set the interface's \`bridge\` to one of: ${names.join(", ")}.`,
      )
    : error("unknown-bridge", path, `The host has no bridge ${JSON.stringify(named)}`, didYouMean(named, names));
};

/** An interface with every identifier known: the written ones, else those of the index. */
export const planInterface = (
  { written, path, bridge, subnet }: Link,
  index: number,
  position: number,
  vmPath: ConfigPath,
): InterfacePlan => {
  const { tap, mac, address } = written;
  return {
    bridge,
    subnet,
    tap: tap === undefined ? { value: tapOf(index, position), path: vmPath } : { value: tap, path: [...path, "tap"] },
    mac: mac === undefined ? { value: macOf(index, position), path: vmPath } : { value: mac, path: [...path, "mac"] },
    address:
      address === undefined
        ? { value: addressOf(index, subnet), path: vmPath }
        : { value: parseAddress(address), path: [...path, "address"] },
  };
};

/** One glob while it finds exactly this bridge's taps, else each tap by name. */
export const matchTaps = (bridge: string, isOnlyBridge: boolean, vms: readonly VmPlan[]): readonly string[] => {
  const taps = vms.flatMap(({ interfaces }) =>
    interfaces.filter((link) => link.bridge === bridge).map(({ tap }) => tap.value),
  );
  return isOnlyBridge && taps.every((tap) => tap.startsWith(tapPrefix)) ? [`${tapPrefix}*`] : taps;
};
