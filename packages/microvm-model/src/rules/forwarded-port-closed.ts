import type { PortPlan, VmPlan } from "../plan/plan.js";
import { type ConfigPath, problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * Guest firewall blocks a port
 *
 * `forwardPorts`, `publish` and `reachVms` open a port on the host's side. The guest's own firewall only opens SSH and
 * the ports in its `firewall`, so it drops these packets.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }], firewall: { allowedTCPPorts: [80] } }
 * ```
 */
const forwardedPortClosed = problem("forwarded-port-closed", "warning");

interface Forwarded {
  readonly vm: VmPlan;
  readonly proto: PortPlan["proto"];
  readonly port: number;
  readonly path: ConfigPath;
}

export const check: Rule = ({ vms }) => {
  const byName = new Map(vms.map((vm) => [vm.name, vm]));
  return vms
    .flatMap((vm): readonly Forwarded[] => [
      ...vm.network.forwardPorts
        .filter(({ from }) => from === "host")
        .map(({ path, proto, guest: { port } }) => ({ vm, proto, port, path: [...path, "guest", "port"] })),
      ...vm.network.policy.published.map(({ path, proto, guest }) => ({
        vm,
        proto,
        port: guest,
        path: [...path, "guest"],
      })),
      ...vm.network.policy.vms.flatMap(({ value, path, ports }) => {
        const reached = byName.get(value);
        return reached === undefined || reached === vm
          ? []
          : (ports ?? []).map(({ proto, port }) => ({ vm: reached, proto, port, path }));
      }),
    ])
    .filter(
      ({
        vm: {
          guest: { firewall },
        },
        proto,
        port,
      }) => {
        const open = proto === "tcp" ? [ssh, ...firewall.allowedTCPPorts] : firewall.allowedUDPPorts;
        return firewall.enable && !open.includes(port);
      },
    )
    .map(({ vm: { name }, proto, port, path }) =>
      forwardedPortClosed(
        path,
        `The guest firewall of ${name} blocks ${proto} port ${String(port)}`,
        `Add ${String(port)} to \`firewall.${proto === "tcp" ? "allowedTCPPorts" : "allowedUDPPorts"}\` of ${name}.`,
      ),
    );
};

/** NixOS opens the port of sshd. */
const ssh = 22;
