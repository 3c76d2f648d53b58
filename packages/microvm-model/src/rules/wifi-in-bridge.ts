import type { HostPlan } from "../plan/plan.js";
import { type ConfigPath, type Problem, warning } from "../problems/problem.js";

/** An access point drops frames with another MAC than the one of the station that it knows (IEEE 802.11, three-address frames). */
export const wifiInBridge = (host: HostPlan): readonly Problem[] => [
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

/** By systemd's predictable names and the kernel's own (systemd.net-naming-scheme(7)). */
const isWifi = (name: string): boolean => /^(wl|ath\d|ra\d)/.test(name);

const wifi = (name: string, path: ConfigPath): Problem =>
  warning(
    "wifi-in-bridge",
    path,
    `${name} looks like Wi-Fi, which carries no MAC addresses but its own`,
    "Leave it out, and use a bridge with `nat: true`; or use a wired interface.",
  );
