/** The identity of a VM in its `kernelParams`, which its guest reads at boot. */

/** Nix expression: the guest configuration of an item of `microvm.vms`. */
export const guestConfig = "(vm: (if vm.evaluatedConfig != null then vm.evaluatedConfig else vm.config).config)";

/**
 * Nix expression: the network in the guest configuration, and the kernel parameters with the network of a shared guest.
 */
export const guestNetwork = `(guest: {
  inherit (guest.microvm) kernelParams;
  inherit (guest.networking) hostName nameservers;
  networks = builtins.mapAttrs (_: network: {
    inherit (network) matchConfig networkConfig dhcpV4Config addresses routes;
  }) guest.systemd.network.networks;
})`;

/** The result of {@link guestNetwork}. */
export interface GuestNetwork {
  readonly kernelParams: readonly string[];
  readonly hostName: string;
  readonly nameservers: readonly string[];
  readonly networks: Readonly<
    Record<string, Readonly<Record<"matchConfig" | "networkConfig" | "dhcpV4Config", Settings>> & Lists>
  >;
}
type Settings = Readonly<Record<string, unknown>>;
type Lists = Readonly<Record<"addresses" | "routes", readonly Settings[]>>;

interface Identity {
  readonly hostName: string | undefined;
  readonly machineId: string | undefined;
  /** Texts of credentials by name. */
  readonly credentials: Readonly<Record<string, string>>;
}

const identityOf = (kernelParams: readonly string[]): Identity => {
  const valuesOf = (name: string): readonly string[] =>
    kernelParams.flatMap((parameter) => (parameter.startsWith(`${name}=`) ? [parameter.slice(name.length + 1)] : []));
  const decoded = (credential: string): readonly [string, string] => {
    const [name = "", text = ""] = credential.split(":");
    return [name, Buffer.from(text, "base64").toString("ascii")];
  };
  return {
    hostName: valuesOf("systemd.hostname")[0],
    machineId: valuesOf("systemd.machine_id")[0],
    credentials: Object.fromEntries(valuesOf("systemd.set_credential_binary").map(decoded)),
  };
};

/** The sections of a systemd-networkd file in order. A section can occur several times. */
type NetworkFile = readonly (readonly [section: string, settings: readonly (readonly [string, string])[]])[];

const parse = (text: string): NetworkFile =>
  text
    .trim()
    .split(/\n\n+/)
    .map((block) => {
      const [head = "", ...lines] = block.split("\n");
      return [head.slice(1, -1), lines.map((line) => [...line.split(/=(.*)/s, 2)] as unknown as [string, string])];
    });

/** The networks of a guest by name, each with all values by `Section.Key`. */
export type Networks = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** The networks of a guest, from its configuration or from boot. The first one has the DNS servers. */
export const networksOfGuest = ({ kernelParams, networks, nameservers }: GuestNetwork): Networks => ({
  ...networksOf(kernelParams),
  ...Object.fromEntries(
    Object.entries(networks).map(([name, network], position) => {
      const said: Record<string, string[]> = {};
      const say = (section: string, settings: Settings): void => {
        for (const [key, value] of Object.entries(settings)) (said[`${section}.${key}`] ??= []).push(String(value));
      };
      say("Match", network.matchConfig);
      say("Network", network.networkConfig);
      for (const address of network.addresses) say("Network", address);
      if (position === 0) for (const DNS of nameservers) say("Network", { DNS });
      say("DHCPv4", network.dhcpV4Config);
      for (const route of network.routes) say("Route", route);
      return [name, said];
    }),
  ),
});

/** The networks in the kernel parameters of a guest. */
export const networksOf = (kernelParams: readonly string[]): Networks =>
  Object.fromEntries(
    Object.entries(identityOf(kernelParams).credentials).flatMap(([credential, text]) => {
      const [, name] = /^network\.network\.(.*)$/.exec(credential) ?? [];
      if (name === undefined) return [];
      const said: Record<string, string[]> = {};
      for (const [section, settings] of parse(text))
        for (const [key, value] of settings) (said[`${section}.${key}`] ??= []).push(value);
      return [[name, said]];
    }),
  );
