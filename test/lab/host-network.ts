/** The network of an evaluated host, with systemd-networkd in a namespace, and a namespace for external networks. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "./evaluated.js";
import { connect, type Namespace, openNamespace } from "./namespace.js";

export interface HostNetwork {
  readonly host: Namespace;
  readonly beyond: Namespace;
  close(): Promise<void>;
}

/** Documentation addresses (RFC 5737) for the external network and for the host in it. */
export const BEYOND = "203.0.113.1";
export const HOST_BEYOND = "203.0.113.2";

/** The external interface of the host by default. */
export const UPLINK = "up0";

/** The effect of `networking.nat` for IPv4. */
const masquerade = (
  { internalInterfaces, internalIPs, forwardPorts }: Host["nat"],
  externalInterface: string,
): string => `
table ip nat {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    ${forwardPorts
      .map(
        ({ proto, sourcePort, destination }) =>
          `iifname "${externalInterface}" ${proto} dport ${String(sourcePort)} dnat to ${destination}`,
      )
      .join("\n    ")}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    iifname { ${internalInterfaces.map((name) => JSON.stringify(name)).join(", ")} } oifname "${externalInterface}" masquerade
    ${internalIPs.length === 0 ? "" : `ip saddr { ${internalIPs.join(", ")} } oifname "${externalInterface}" masquerade`}
  }
}
`;

/** @param folder for units and logs */
export const openHostNetwork = async (evaluated: Host, folder: string): Promise<HostNetwork> => {
  const units = join(folder, "units");
  mkdirSync(units);
  for (const [name, text] of Object.entries(evaluated.units)) writeFileSync(join(units, name), text);
  const foreign = Object.entries(evaluated.foreign).map((setting) => setting.join("="));
  writeFileSync(join(folder, "networkd.conf"), ["[Network]", ...foreign, ""].join("\n"));

  const [host, beyond] = await Promise.all([openNamespace(), openNamespace()]);
  const close = async (): Promise<void> => {
    await Promise.all([host.close(), beyond.close()]);
  };
  try {
    const { nat, policy } = evaluated;
    const uplink = nat.externalInterface ?? UPLINK;
    await connect(host, uplink, beyond, "lan");
    await beyond.script(`ip addr add ${BEYOND}/24 dev lan; ip link set lan up`);
    // With a read-only /sys, networkd does not wait for udev.
    await host.script(`
      mount -t tmpfs tmpfs /run
      mount -t sysfs -o ro sysfs /sys
      mkdir -p /run/systemd/networkd.conf.d
      cp ${join(folder, "networkd.conf")} /run/systemd/networkd.conf.d
      cp -R ${units} /run/systemd/network
      if [ -d /etc/systemd/network ]; then mount -t tmpfs tmpfs /etc/systemd/network; fi
      ip addr add ${HOST_BEYOND}/24 dev ${uplink}
      ip link set ${uplink} up
      ip route add default via ${BEYOND}
      for hook in /proc/sys/net/bridge/bridge-nf-call-*; do if [ -e "$hook" ]; then echo 0 >"$hook"; fi; done
    `);
    for (const [key, value] of Object.entries(policy.sysctls)) {
      const file = /[./]conf[./]all[./]forwarding$/.test(key) && value === true ? key.replaceAll(".", "/") : undefined;
      if (file !== undefined) await host.script(`echo 1 >/proc/sys/${file}`);
    }
    if (nat.enable) {
      const rules = join(folder, "nat.nft");
      writeFileSync(rules, evaluated.tables || masquerade(nat, uplink));
      await host.run("nft", "-f", rules);
    }
    // The shell is necessary because nsenter stops together with the program that it started.
    host.start(join(folder, "networkd.log"), "sh", "-c", "/lib/systemd/systemd-networkd & wait");
    return { host, beyond, close };
  } catch (error) {
    await close();
    throw error;
  }
};
