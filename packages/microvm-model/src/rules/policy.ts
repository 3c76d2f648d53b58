import type { HostPlan, InterfacePlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** A policy is held where packets pass the host's own rules: on taps that lead to the host and nowhere else. */
export const policy = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(
    ({ name, policy: { network, path, domains, addresses, vms, host: ports }, interfaces, path: vmPath }) => [
      ...(network === "open"
        ? []
        : interfaces.flatMap((link) => {
            const way = wayAround(link);
            return way === undefined
              ? []
              : [
                  error(
                    "policy-not-held",
                    link.path,
                    `${name} may reach ${words[network]}, which cannot be held here: ${way}`,
                    'Give the VM `network: "open"`, or a tap on a bridge without `ports`.',
                    path === vmPath ? [] : [{ path, note: "what it may reach" }],
                  ),
                ];
          })),
      ...(network === "open" || network === "none"
        ? [...domains, ...addresses]
            .slice(0, 1)
            .map((entry) =>
              error(
                "allow-ignored",
                entry.path,
                `${name} may reach ${words[network]}, whatever it allows`,
                'Give it `network: "allowlist"`, or leave `allow` out; `allow: replace([])` leaves out what `vmDefaults` say.',
              ),
            )
        : []),
      ...(network === "internet"
        ? domains
            .slice(0, 1)
            .map((entry) =>
              error(
                "allow-ignored",
                entry.path,
                `${name} may reach all of the internet anyway`,
                'Give it `network: "allowlist"` to reach nothing else, or leave the domain out; `allow: replace([])` leaves out what `vmDefaults` say.',
              ),
            )
        : []),
      ...(network === "open"
        ? [...vms.map(({ path: place }) => place), ...(ports.length === 0 ? [] : [[...vmPath, "reachHost"]])]
            .slice(0, 1)
            .map((place) =>
              error(
                "reach-ignored",
                place,
                `${name} has an open network, which opens nothing of other VMs' and of the host's firewall`,
                'Give it `network: "internet"`, which this adds to, or leave it out.',
              ),
            )
        : []),
      ...vms.flatMap(({ value, path: place }) => {
        if (value === name) return [error("reach-itself", place, `${name} is this VM`, "Leave it out.")];
        const other = host.vms.find((vm) => vm.name === value);
        return other === undefined
          ? [
              error(
                "unknown-vm",
                place,
                `There is no VM ${value} on this host`,
                `Name one of ${host.vms.map((vm) => vm.name).join(", ")}.`,
              ),
            ]
          : [];
      }),
    ],
  );

const words = { open: "everything", internet: "the internet alone", allowlist: "what it lists alone", none: "nothing" };

/** How packets of an interface pass the host by; undefined where they do not. */
const wayAround = (link: InterfacePlan): string | undefined => {
  switch (link.type) {
    case "macvtap":
      return "a macvtap leads out past the host";
    case "user":
      return "QEMU's own network speaks for the guest as a program of the host's";
    case "bridge":
      return "the tap that QEMU makes has no name to know it by";
    case "tap":
      return link.network.kind !== "routed" && link.network.ports.length > 0
        ? `${link.network.name} has ports that lead into a LAN`
        : undefined;
  }
};
