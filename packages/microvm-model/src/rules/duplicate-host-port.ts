import type { HostPlan } from "../plan/plan.js";
import { type ConfigPath, type Problem, problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * Host port used twice
 *
 * Only one program can listen on one address and port of the host. QEMU of the second VM exits at once. Without
 * `host.address`, or with `0.0.0.0`, QEMU listens on all addresses of the host, and no other program can use the port,
 * such as the gateway for keys and the resolver of VMs with an allowlist.
 *
 * The host forwards the connections to a published port before its programs see them. So a port can only be published
 * once, and a forwarded port of the same number would get no connections from outside. On `127.0.0.1` and on the host's
 * own addresses in networks of VMs, it gets those of the host and of VMs.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }, { host: { port: 8080 }, guest: { port: 81 } }] }
 * ```
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }, { host: { address: "127.0.0.1", port: 8080 }, guest: { port: 81 } }] }
 * ```
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24", nat: { externalInterface: "eno1" } } },
 *   vms: {
 *     a: { firewall: { allowedTCPPorts: [80] }, publish: [{ host: 8080, guest: 80 }] },
 *     b: { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }] },
 *   },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }, { host: { port: 8081 }, guest: { port: 81 } }] }
 * ```
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { address: "127.0.0.2", port: 8080 }, guest: { port: 80 } }, { host: { address: "127.0.0.1", port: 8080 }, guest: { port: 81 } }] }
 * ```
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24", nat: { externalInterface: "eno1" } } },
 *   vms: {
 *     a: { firewall: { allowedTCPPorts: [80] }, publish: [{ host: 8080, guest: 80 }] },
 *     b: { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { address: "127.0.0.1", port: 8080 }, guest: { port: 80 } }] },
 *   },
 * }
 * ```
 */
const duplicateHostPort = problem("duplicate-host-port", "error");

/** A use of a port of the host. */
interface Use {
  /** In the config. */
  readonly path: ConfigPath;
  readonly proto: "tcp" | "udp";
  readonly port: number;
  /** The address that a program listens on; null for all addresses. */
  readonly address: string | null;
  readonly kind: "service" | "forwarded" | "published";
  /** Describes the path to a user of another one. */
  readonly note: string;
}

/** The port of the resolver for VMs with an allowlist (`resolverPort` of the library). */
export const resolverPort = 5380;

const first = "first used here";

export const check: Rule = (host) => {
  const own = new Set(host.networks.flatMap(ownAddresses));
  const byPort = new Map<string, Use[]>();
  return usesOf(host).flatMap((use): readonly Problem[] => {
    const key = `${use.proto} ${String(use.port)}`;
    const earlier = byPort.get(key) ?? [];
    byPort.set(key, [...earlier, use]);
    const other = earlier.find((one) => isOverlap(one, use, own));
    if (other === undefined) return [];
    const { path, note } = other;
    return [duplicateHostPort(use.path, messageOf(other, use), remedyOf(other, use), [{ path, note }])];
  });
};

/** The uses of a host's ports, services first. */
const usesOf = ({ vms }: HostPlan): readonly Use[] => [
  ...services(vms),
  ...vms.flatMap(({ network: { forwardPorts } }) =>
    forwardPorts
      .filter(({ from }) => from === "host")
      .map(({ path, proto, host: { address, port } }): Use => ({
        path: [...path, "host", "port"],
        proto,
        port,
        address,
        kind: "forwarded",
        note: first,
      })),
  ),
  ...vms.flatMap(({ network: { policy } }) =>
    policy.published.map(({ path, proto, host }): Use => ({
      path: [...path, "host"],
      proto,
      port: host,
      address: null,
      kind: "published",
      note: first,
    })),
  ),
];

/** The programs of the host that serve VMs, each once. */
const services = (vms: HostPlan["vms"]): readonly Use[] => {
  const asking = vms.find(({ network: { policy } }) => policy.network === "allowlist");
  const gateways = vms.flatMap(({ keys }) =>
    keys.flatMap(({ url, path }): readonly Use[] => {
      const { hostname = "", port = "" } = /^http:\/\/(?<hostname>[\d.]+):(?<port>\d+)$/.exec(url ?? "")?.groups ?? {};
      if (port === "") return [];
      return [{ ...serviceAt(path, Number(port), hostname), proto: "tcp", note: "the gateway for this key uses it" }];
    }),
  );
  return [
    ...(asking === undefined
      ? []
      : (["udp", "tcp"] as const).map((proto) => ({
          ...serviceAt(asking.network.policy.path, resolverPort, null),
          proto,
          note: "the resolver for this VM uses it",
        }))),
    ...new Map(gateways.toReversed().map((use) => [formatPort(use), use])).values(),
  ];
};

const serviceAt = (
  path: ConfigPath,
  port: number,
  address: string | null,
): Pick<Use, "path" | "port" | "address" | "kind"> => ({ path, port, address, kind: "service" });

const ownAddresses = ({ subnets }: HostPlan["networks"][number]): readonly string[] =>
  subnets.flatMap(({ own }) => (own === null ? [] : [own.value]));

/** True if both uses get the same connections. A published port gets those from outside. */
const isOverlap = (one: Use, other: Use, own: ReadonlySet<string>): boolean => {
  if (other.kind !== "published") return one.address === other.address || isEvery(one) || isEvery(other);
  if (one.kind !== "forwarded") return one.kind === "published";
  return isEvery(one) || !(one.address?.startsWith("127.") === true || own.has(one.address ?? ""));
};

const isEvery = ({ address }: Use): boolean => address === null || address === "0.0.0.0";

const messageOf = (one: Use, other: Use): string => {
  const [earlier, later] = [formatPort(one), formatPort(other)];
  if (other.kind === "published" && one.kind === "forwarded")
    return `The host port ${later} is published, so the forwarded port ${earlier} gets no connections from outside`;
  return earlier === later
    ? `The host port ${later} is used twice`
    : `The host ports ${earlier} and ${later} overlap: one of them listens on all addresses`;
};

const remedyOf = (one: Use, other: Use): string => {
  if (other.kind === "forwarded") return "Forward another port.";
  return one.kind === "forwarded"
    ? "Publish another port of the host, or set the address of the forwarded port to 127.0.0.1."
    : "Publish another port of the host.";
};

const formatPort = ({ proto, address, port }: Pick<Use, "proto" | "address" | "port">): string =>
  `${proto} ${address === null ? "" : `${address}:`}${String(port)}`;
