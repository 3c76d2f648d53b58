import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** QEMU runs as `microvm`, without capabilities (microvm.nix nixos-modules/host/default.nix). */
export const privilegedHostPort = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ network: { forwardPorts } }) =>
    forwardPorts
      .filter(({ from, host: { port } }) => from === "host" && port < firstUnprivilegedPort)
      .map(({ path, host: { port } }) =>
        warning(
          "privileged-host-port",
          [...path, "host", "port"],
          `Only root listens on port ${String(port)}, and QEMU runs as microvm`,
          `Use ${String(firstUnprivilegedPort)} or more, such as ${String(port + 8000)}.`,
        ),
      ),
  );

/** Linux's default of `net.ipv4.ip_unprivileged_port_start`. */
const firstUnprivilegedPort = 1024;
