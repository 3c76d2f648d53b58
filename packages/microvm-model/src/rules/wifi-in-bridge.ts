import type { Rule } from "./rule.js";
import { type ConfigPath, type Problem, problem } from "../problems/problem.js";

/**
 * Wi-Fi cannot be bridged
 *
 * A Wi-Fi access point drops frames with a foreign MAC address (IEEE 802.11), so VMs behind a bridge port or a macvtap
 * get no answer. As a bridge port, the interface also loses its addresses, and the host goes offline. Names that begin
 * with `wl`, `ath` or `ra` count as Wi-Fi. Silence the warning for an interface in four-address mode (WDS).
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { lan: { address: "dhcp", ports: ["wlp3s0"], network: "open" } }, vms: {} }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", nat: true } } }
 * ```
 */
const wifiInBridge = problem("wifi-in-bridge", "warning");

export const check: Rule = (host) => [
  ...host.networks.flatMap((network) =>
    network.kind === "bridge"
      ? network.ports.flatMap((port, position) =>
          isWifi(port) ? [wifi(port, [...network.path, "ports", position])] : [],
        )
      : [],
  ),
  ...host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces.flatMap((link) =>
      link.type === "macvtap" && isWifi(link.link) ? [wifi(link.link, [...link.path, "link"])] : [],
    ),
  ),
];

/** Matches predictable names of systemd (systemd.net-naming-scheme(7)) and names of the kernel. */
const isWifi = (name: string): boolean => /^(wl|ath\d|ra\d)/.test(name);

const wifi = (name: string, path: ConfigPath): Problem =>
  wifiInBridge(
    path,
    `${name} looks like Wi-Fi, which only carries frames with its own MAC address`,
    "Remove it and use a bridge with `nat: true`, or use a wired interface.",
  );
