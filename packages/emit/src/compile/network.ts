import { type BridgePlan, formatAddress, type HostPlan } from "@microvm-emit/model";
import { attrs, binding, type Binding, blankLine, comment, ident, list, select } from "@microvm-emit/nix-ast";
import { lib } from "./terms.js";

/** The host's bridges, the taps that join them, and the way out. */
export const compileNetwork = ({ bridges }: HostPlan): readonly Binding[] => {
  const outward = bridges.filter(({ externalInterface }) => externalInterface !== null);
  const [first] = outward;
  return [
    ...(bridges.length === 0
      ? []
      : [
          blankLine(
            binding(
              ["systemd", "network"],
              attrs([
                binding("enable", true),
                comment(
                  binding(
                    ["wait-online", "enable"],
                    lib("mkDefault", select(ident("config"), "networking", "useNetworkd")),
                  ),
                  { before: "Where networkd has only these bridges, nothing of it has to be online." },
                ),
                ...bridges.flatMap(compileBridge),
              ]),
            ),
          ),
        ]),
    ...(bridges.length === 0
      ? []
      : [
          blankLine(
            comment(
              binding(
                ["networking", "dhcpcd", "denyInterfaces"],
                bridges.flatMap(({ name, tapMatch }) => [name, ...tapMatch.split(" ").filter((tap) => tap !== "")]),
              ),
              { before: "Where dhcpcd runs the host's network, it would ask for addresses here too." },
            ),
          ),
        ]),
    ...(first?.externalInterface == null
      ? []
      : [
          blankLine(
            binding(
              ["networking", "nat"],
              attrs({
                enable: true,
                internalInterfaces: outward.map(({ name }) => name),
                externalInterface: first.externalInterface,
              }),
            ),
          ),
        ]),
  ];
};

const compileBridge = ({ name, subnet, tapMatch }: BridgePlan): readonly Binding[] => [
  blankLine(binding(["netdevs", `20-${name}`, "netdevConfig"], attrs({ Kind: "bridge", Name: name }))),
  binding(
    ["networks", `20-${name}`],
    attrs([
      binding(["matchConfig", "Name"], name),
      binding(
        "addresses",
        list([attrs({ Address: `${formatAddress(subnet.gateway)}/${String(subnet.prefixLength)}` })]),
      ),
      comment(binding(["networkConfig", "ConfigureWithoutCarrier"], true), {
        before: "The bridge has its address before the first VM runs.",
      }),
    ]),
  ),
  ...(tapMatch === ""
    ? []
    : [
        binding(
          ["networks", tapNetwork(name, tapMatch)],
          attrs([binding(["matchConfig", "Name"], tapMatch), binding(["networkConfig", "Bridge"], name)]),
        ),
      ]),
];

/** The glob serves the host's only bridge; lists are per bridge. */
const tapNetwork = (bridge: string, tapMatch: string): string =>
  tapMatch.endsWith("*") ? "21-microvm-tap" : `21-${bridge}-tap`;
