import { networkOf, addressesOf, gatewaysOf, nameserversOf, usesDhcp } from "./host-network.js";
import { interfacesSchema, optionOf } from "./option-values.js";
import type { HostReading, VmReading } from "./reading.js";

/** An option of a VM whose value differs from before. */
export interface Difference {
  readonly vm: string;
  readonly option: string;
  /** JSON values; null if there was none. */
  readonly before: unknown;
  readonly after: unknown;
}

/** The differences of VMs, and the number of compared values. */
export interface ReadingsCompared {
  readonly compared: number;
  readonly differences: readonly Difference[];
}

export const compareReadings = (
  before: HostReading,
  after: HostReading,
  names: readonly string[],
): ReadingsCompared => {
  const pairs = names.map((name) => ({ name, old: before.vms[name], now: after.vms[name] }));
  const found = pairs.flatMap(({ name, old, now }) => {
    const [was, is] = [old, now].map((vm) => (vm === undefined ? new Map<string, unknown>() : factsOf(vm)));
    const options = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].sort();
    return options.map((option) => ({
      vm: name,
      option,
      before: was?.get(option) ?? null,
      after: is?.get(option) ?? null,
    }));
  });
  return {
    compared: found.length,
    differences: found.filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.after)),
  };
};

/** The facts of a VM by option; items of lists by their tag, image, tap or MAC. */
const factsOf = (vm: VmReading): ReadonlyMap<string, unknown> => {
  const facts = new Map<string, unknown>();
  const add = (path: string, value: unknown): void => {
    if (value === null || value === undefined) return;
    if (Array.isArray(value) && value.some((item) => typeof item === "object" && item !== null)) {
      // Without a number, two items with the same key would count as one.
      facts.set(`${path}.length`, value.length);
      for (const [position, item] of (value as readonly Readonly<Record<string, unknown>>[]).entries())
        add(`${path}[${keyOf(item) ?? String(position)}]`, item);
    } else if (typeof value === "object" && !Array.isArray(value)) {
      for (const [key, part] of Object.entries(value)) add(`${path}.${key}`, part);
    } else facts.set(path, value);
  };
  add("autostart", vm.autostart);
  add("restartIfChanged", vm.restartIfChanged);
  add("networking.hostName", vm.hostName);
  add("system.stateVersion", vm.stateVersion);
  for (const [name, { value }] of Object.entries(vm.options)) add(`microvm.${name}`, value);
  for (const { mac } of optionOf(vm, "interfaces", interfacesSchema, [])) {
    const network = networkOf(vm.networks, mac)?.network;
    if (network === undefined) continue;
    add(`network[${mac}].addresses`, sorted(addressesOf(network)));
    add(`network[${mac}].gateways`, sorted(gatewaysOf(network)));
    add(`network[${mac}].dhcp`, usesDhcp(network));
  }
  add("networking.nameservers", sorted([...vm.nameservers, ...dnsOf(vm)]));
  add("networking.firewall.enable", vm.firewall.enable);
  add("networking.firewall.allowedTCPPorts", sorted(vm.firewall.allowedTCPPorts));
  add("networking.firewall.allowedUDPPorts", sorted(vm.firewall.allowedUDPPorts));
  for (const [name, { keys, uid, group }] of Object.entries(vm.accounts))
    facts.set(`users.users.${name}`, { uid, group, keys: sorted(keys) });
  return facts;
};

const dnsOf = (vm: VmReading): readonly string[] =>
  optionOf(vm, "interfaces", interfacesSchema, []).flatMap(({ mac }) => {
    const network = networkOf(vm.networks, mac)?.network;
    return network === undefined ? [] : nameserversOf(network);
  });

/** A VM can use any tag for the share of the store. */
const keyOf = (item: Readonly<Record<string, unknown>>): string | undefined =>
  item["source"] === "/nix/store"
    ? "/nix/store"
    : ["tag", "image", "mac", "id", "path"].flatMap((key) => (typeof item[key] === "string" ? [item[key]] : []))[0];

const sorted = <A extends string | number>(items: readonly A[]): readonly A[] => [...new Set(items)].sort();
