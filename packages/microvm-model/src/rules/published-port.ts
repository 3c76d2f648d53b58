import type { HostPlan, VmPlan } from "../plan/plan.js";
import { error, type Problem, warning } from "../problems/problem.js";
import { closedPort, SSH } from "./forward-port.js";

/** A published port is one VM's, and there is an IPv4 address of the VM's behind the host's NAT for it to lead to. */
export const publishedPort = (host: HostPlan): readonly Problem[] => {
  const all = host.vms.flatMap((vm) => vm.network.policy.published.map((published) => ({ vm, published })));
  return all.flatMap(({ vm, published: { path, proto, host: port, guest } }, position) => {
    const other = all.slice(0, position).find(({ published }) => published.proto === proto && published.host === port);
    return [
      ...(other === undefined
        ? []
        : [
            error(
              "duplicate-host-port",
              [...path, "host"],
              `${other.vm.name} has ${proto} port ${String(port)} of the host already`,
              "Publish another port of the host.",
              [{ path: [...other.published.path, "host"], note: "first used here" }],
            ),
          ]),
      ...(proto === "tcp" && port === SSH
        ? [
            warning(
              "publish-of-ssh-port",
              [...path, "host"],
              "SSH to the host from outside comes to this VM instead",
              "Publish another port of the host, such as 2222.",
            ),
          ]
        : []),
      ...closedPort(vm, proto, guest, [...path, "guest"]),
      ...(publishedPlace(vm) === undefined
        ? [
            error(
              "publish-without-nat",
              path,
              `${vm.name} has no IPv4 address in a network whose \`nat\` names an interface to publish it on`,
              'Set its network\'s `nat: { externalInterface: "eno1" }`, or reach the VM at its own address.',
            ),
          ]
        : []),
    ];
  });
};

/** Where the host's published ports of a VM lead, and by which interface of the host they come. */
export const publishedPlace = ({
  network: { interfaces },
}: VmPlan): { readonly address: string; readonly externalInterface: string } | undefined =>
  interfaces
    .flatMap(({ network, addresses }) =>
      addresses.flatMap(({ value, subnet }) =>
        network?.nat?.externalInterface == null || subnet.family === 6
          ? []
          : [{ address: value, externalInterface: network.nat.externalInterface.value }],
      ),
    )
    .at(0);
