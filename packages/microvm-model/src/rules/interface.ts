import type { HostPlan, InterfacePlan } from "../plan.js";
import { error, type Problem, warning } from "../problem.js";

/** What surprises or breaks in an interface of one type (microvm.nix doc/src/interfaces.md). */
export const networkInterface = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ hypervisor, interfaces }) =>
    interfaces.flatMap((link) => [...foreignMac(link), ...byType(link, host), ...withoutServer(link, hypervisor)]),
  );

const isLocal = (mac: string): boolean => /^.[26ae]/.test(mac);

const foreignMac = ({ mac: { value, path } }: InterfacePlan): readonly Problem[] =>
  isLocal(value)
    ? []
    : [
        warning(
          "mac-not-local",
          path,
          `${value} is in the range of a manufacturer, and some device may have it`,
          "Make the second hex digit 2, 6, A or E, or leave the MAC out so that one is chosen.",
        ),
      ];

const byType = (link: InterfacePlan, host: HostPlan): readonly Problem[] => {
  switch (link.type) {
    case "macvtap": {
      const bridge = host.networks.find((network) => network.kind === "bridge" && network.ports.includes(link.link));
      return [
        // The kernel's macvlan driver sends what the guest says out of the link, past the host's own stack.
        warning(
          "macvtap-without-host",
          [...link.path, "type"],
          "The guest and this host cannot reach each other over a macvtap, by its design",
          "Add a tap interface on a bridge where they ought to, such as for SSH.",
        ),
        ...(bridge === undefined
          ? []
          : [
              error(
                "macvtap-on-port",
                [...link.path, "link"],
                `${link.link} is a port of ${bridge.name}, and Linux puts no macvtap on one`,
                `Use a tap on ${bridge.name}, which is in the same LAN.`,
                [{ path: [...bridge.path, "ports"], note: "the port" }],
              ),
            ]),
      ];
    }
    case "bridge":
      return host.networks.some((network) => network.kind === "vlan" && network.bridge === link.network.name)
        ? [
            error(
              "bridge-helper-with-vlans",
              [...link.path, "type"],
              `${link.network.name} has VLANs, and QEMU's helper puts its tap into none of them`,
              'Use type "tap".',
            ),
          ]
        : [];
    case "tap":
    case "user":
      return [];
  }
};

const withoutServer = ({ type, path }: InterfacePlan, hypervisor: string): readonly Problem[] =>
  type === "user" && hypervisor === "kvmtool"
    ? [
        warning(
          "user-network-without-dhcp",
          [...path, "type"],
          "kvmtool's user-mode network may have no DHCP server, and the guest then no address",
          'Use hypervisor "qemu", or give the guest its address in a module of yours.',
        ),
      ]
    : [];
