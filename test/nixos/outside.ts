/** The network around a host: an internet with DNS, and a private network. All servers answer HTTP at port 80. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Namespace } from "../lab/namespace.js";
import { PYTHON } from "../lab/requirements.js";

/** Addresses by name of the server. */
export const SERVERS = { internet: "203.0.113.2", lan: "10.9.9.9" } as const;
export const DNS = "203.0.113.53";
/** Addresses of names. */
export const NAMED = { "listed.example": "203.0.113.20", "unlisted.example": "203.0.113.22" } as const;
/** The default interface of the host, and its address. */
export const UPLINK = "uplink";
export const HOST_ADDRESS = "203.0.113.1";

/** @param folder for logs */
export const openOutside = async (outside: Namespace, folder: string): Promise<void> => {
  await outside.script(`ip addr add ${SERVERS.lan}/32 dev lo`);
  const web = fileURLToPath(new URL("../lab/serve.py", import.meta.url));
  await outside.serve([":80"], join(folder, "web.log"), PYTHON, web, "80");
  outside.start(
    join(folder, "dns.log"),
    ...(["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file="] as const),
    ...["--no-resolv", "--no-hosts", "--bind-dynamic", `--listen-address=${DNS}`],
    ...Object.entries(NAMED).map(([name, address]) => `--host-record=${name},${address},300`),
  );
};

/**
 * Connects a host. A rebooted host needs it again, because its network namespace is new.
 *
 * @param leader the process id of the host, as `outside` sees it
 */
export const connectUplink = async (
  outside: Namespace,
  leader: string,
  uplink: string,
  run: (command: string) => Promise<string>,
): Promise<void> => {
  const addresses = [SERVERS.internet, DNS, ...Object.values(NAMED)];
  await outside.script(`
    ip link add outside type veth peer name ${uplink} netns ${leader}
    ${addresses.map((address) => `ip addr add ${address}/24 dev outside`).join("\n")}
    ip link set outside up
  `);
  // A container has no udev, which applies the settings of an interface when the interface appears.
  await run(`
    systemctl restart systemd-sysctl
    ip addr add ${HOST_ADDRESS}/24 dev ${uplink}
    ip link set ${uplink} up
    ip route add default via ${SERVERS.internet}`);
};
