import type { HostPlan, NetworkPlan, Plan } from "@microvm-emit/model";
import { withoutOrigins } from "@microvm-emit/model/internal";
import { valueWords } from "../report/value-words.js";
import { access, type Aspect, setting } from "./aspect.js";

/** The parts of a host's plan without its VMs. */
export const partsOfHost = ({
  vms: _vms,
  guests: _guests,
  name: _name,
  ...host
}: HostPlan): Readonly<Record<string, unknown>> => {
  const { path, ...parts } = host;
  return withoutOrigins(parts, path) as Readonly<Record<string, unknown>>;
};

const networkWords = (network: NetworkPlan): string =>
  [
    network.name,
    ...network.subnets.map(({ own, network: first, prefixLength }) => `${own?.value ?? first}/${String(prefixLength)}`),
    ...(network.nat === null ? [] : [`with NAT through ${network.nat.externalInterface?.value ?? "any interface"}`]),
  ].join(" ");

/** The aspects of a host without its VMs. */
export const hostAspects: readonly Aspect<HostPlan>[] = [
  access({
    name: "imported VMs",
    reads: ["importedVms"],
    facts: ({ importedVms }) => importedVms.map(({ name }) => name),
    words: (names) => names.map((name) => `${name}, with unknown access`),
    applies: "connections",
  }),
  setting({
    name: "networks",
    reads: ["networks"],
    values: ({ networks }) => networks.map(networkWords),
    applies: "switch",
  }),
  setting({
    name: "modules",
    reads: ["modules"],
    values: ({ modules }) => modules.map((module) => valueWords(module) ?? "none"),
    applies: "switch",
  }),
  setting({ name: "system", reads: ["system"], values: ({ system }) => [system], applies: "restart" }),
  setting({
    name: "stateVersion",
    reads: ["stateVersion"],
    values: ({ stateVersion }) => [stateVersion],
    applies: "switch",
  }),
  setting({
    name: "stateDirectory",
    reads: ["stateDirectory"],
    values: ({ stateDirectory }) => [stateDirectory],
    applies: "restart",
  }),
];

/** The parts of a plan without its hosts. */
export const partsOfPlan = ({ hosts: _hosts, ...parts }: Plan): Readonly<Record<string, unknown>> => parts;

/** The aspects of the flake itself. */
export const planAspects: readonly Aspect<Plan>[] = [
  setting({
    name: "inputs",
    reads: ["inputs"],
    values: ({ inputs }) => inputs.map(({ name, url }) => `${name} ${url}`),
    applies: "restart",
  }),
  setting({ name: "library", reads: ["library"], values: ({ library }) => [library], applies: "restart" }),
  setting({
    name: "description",
    reads: ["description"],
    values: ({ description }) => [description],
    applies: "switch",
  }),
];
