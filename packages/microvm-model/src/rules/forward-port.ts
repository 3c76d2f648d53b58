import type { ForwardPortPlan, HostPlan, VmPlan } from "../plan/plan.js";
import { type ConfigPath, error, type Problem, warning } from "../problems/problem.js";

/**
 * Ports are forwarded by QEMU's user-mode network alone (microvm.nix asserts.nix), what the guest opens goes to an
 * address of that network by TCP (QEMU's `guestfwd`), and what comes in must pass the guest's firewall.
 */
export const forwardPort = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap((vm) => [
    ...withoutNetwork(vm),
    ...vm.network.forwardPorts.flatMap((forward) => mistakes(forward, vm)),
  ]);

const withoutNetwork = ({
  path,
  network: { forwardPorts, interfaces },
  machine: { hypervisor },
}: VmPlan): readonly Problem[] =>
  forwardPorts.length === 0 || (hypervisor === "qemu" && interfaces.some(({ type }) => type === "user"))
    ? []
    : [
        error(
          "forward-ports-without-user-network",
          [...path, "forwardPorts"],
          "Ports are forwarded by QEMU and its user-mode network only",
          'Set hypervisor: "qemu" and add an interface { type: "user" }; on a bridge, reach the guest by its address.',
        ),
      ];

export const SSH = 22;

const mistakes = ({ path, from, proto, guest }: ForwardPortPlan, vm: VmPlan): readonly Problem[] => {
  if (from === "guest")
    return [
      ...(proto === "tcp"
        ? []
        : [error("bad-forward-port", [...path, "proto"], "QEMU forwards only TCP from the guest", 'Use "tcp".')]),
      ...(guest.address === null
        ? [
            error(
              "bad-forward-port",
              [...path, "guest"],
              "A port that the guest opens needs an address that the guest connects to",
              "Set `guest.address` to a free one of QEMU's network, such as 10.0.2.100.",
            ),
          ]
        : []),
    ];
  return closedPort(vm, proto, guest.port, [...path, "guest", "port"]);
};

/** What is led to a port that the guest's own firewall keeps closed. */
export const closedPort = (
  { name, guest: { firewall } }: VmPlan,
  proto: "tcp" | "udp",
  port: number,
  path: ConfigPath,
): readonly Problem[] => {
  const open = proto === "tcp" ? [SSH, ...firewall.allowedTCPPorts] : firewall.allowedUDPPorts;
  return !firewall.enable || open.includes(port)
    ? []
    : [
        warning(
          "forwarded-port-closed",
          path,
          `The guest's firewall of ${name} lets nobody in at ${proto} port ${String(port)}`,
          `Add it to \`firewall.${proto === "tcp" ? "allowedTCPPorts" : "allowedUDPPorts"}\` of ${name}.`,
        ),
      ];
};
