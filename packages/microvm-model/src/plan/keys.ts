import type { Expr } from "@microvm-emit/nix-ast";
import { type ProviderName, providerNames, providers } from "../catalogue/providers.js";
import type { HostModel, VmModel } from "../config/config.js";
import type { ConfigPath } from "../problems/problem.js";
import { expandHome } from "./folders.js";
import type { InterfacePlan } from "./network.js";
import type { UserPlan } from "./users.js";

/** An API key that a VM can use through its host but not read. */
export interface KeyPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** The provider of the API. */
  readonly provider: ProviderName;
  /** The file of the key on the host. */
  readonly file: string | Expr;
  /** The limit of requests to the provider in a minute; null for no limit. */
  readonly requestsPerMinute: number | null;
  /** The address of the host's gateway, without a path; null if the network has none. */
  readonly url: string | null;
  /** Variables that the VM's agent reads; null if they cannot make it use the gateway. */
  readonly variables: Readonly<Record<string, string>> | null;
}

/** The value of the agent's key variable. */
const placeholder = "held-by-the-host";

/** The keys of a VM: its own, and those of the host that its agent uses. */
export const planKeys = (
  host: HostModel,
  hostPath: ConfigPath,
  vm: VmModel,
  path: ConfigPath,
  interfaces: readonly InterfacePlan[],
  owner: UserPlan,
): readonly KeyPlan[] => {
  const address = gatewayAddress(interfaces);
  return providerNames.flatMap((provider) => {
    const own = vm.keys[provider];
    const used = vm.agent === false ? undefined : vm.agent.gateway[provider];
    const isOwn = typeof own === "object";
    const key = isOwn
      ? own
      : own === false || (own === undefined && used === undefined)
        ? undefined
        : host.keys[provider];
    if (key === undefined) return [];
    const url = address === null ? null : `http://${address}:${String(providers[provider].port)}`;
    return [
      {
        path: [...(isOwn || own === true ? path : hostPath), "keys", provider],
        provider,
        file: typeof key.file === "string" ? expandHome(key.file, owner) : key.file,
        requestsPerMinute: key.requestsPerMinute ?? null,
        url,
        variables:
          used === undefined || url === null
            ? null
            : { [used.baseUrl]: `${url}${used.path ?? ""}`, [used.key]: placeholder },
      },
    ];
  });
};

/** The host's address in the first network in which the VM also has an address; IPv4 first. */
const gatewayAddress = (interfaces: readonly InterfacePlan[]): string | null => {
  const own = interfaces.flatMap((link) =>
    link.type === "tap" ? link.addresses.flatMap(({ subnet }) => (subnet.own === null ? [] : [subnet.own.value])) : [],
  );
  const [first] = own.toSorted((a, b) => Number(a.includes(":")) - Number(b.includes(":")));
  return first === undefined ? null : first.includes(":") ? `[${first}]` : first;
};
