import { type BridgePlan, formatAddress, type HostPlan } from "@microvm-emit/model";
import {
  attrs,
  binary,
  binding,
  type Binding,
  blankLine,
  comment,
  type Expr,
  ident,
  list,
  not,
  select,
  str,
} from "@microvm-emit/nix-ast";
import { at, bindingAt, lib } from "./terms.js";

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
                comment(binding(["wait-online", "enable"], lib("mkIf", othersRunTheNetwork, lib("mkDefault", false))), {
                  before: "Beside another network manager, networkd has nothing here that ought to be online.",
                }),
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
                bridges.flatMap(({ name, taps }) => [name, ...taps]),
              ),
              { before: "Whatever else runs the host's network leaves the VMs' to networkd." },
            ),
          ),
          binding(
            ["networking", "networkmanager", "unmanaged"],
            bridges.flatMap(({ name, taps }) => [name, ...taps].map((link) => `interface-name:${link}`)),
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
                externalInterface: at([...first.path, "nat", "externalInterface"], str(first.externalInterface)),
              }),
            ),
          ),
        ]),
  ];
};

const networking = (...path: [string, ...string[]]): Expr => select(ident("config"), "networking", ...path);

const othersRunTheNetwork = binary(
  networking("networkmanager", "enable"),
  "||",
  binary(networking("useDHCP"), "&&", not(networking("useNetworkd"))),
);

/** What comes and goes with VMs keeps nobody waiting for the network. */
const notRequired = binding(["linkConfig", "RequiredForOnline"], "no");

const compileBridge = ({ path, name, subnet, taps }: BridgePlan): readonly Binding[] => [
  blankLine(bindingAt(path, ["netdevs", `20-${name}`, "netdevConfig"], attrs({ Kind: "bridge", Name: name }))),
  bindingAt(
    path,
    ["networks", `20-${name}`],
    attrs([
      binding(["matchConfig", "Name"], name),
      binding(
        "addresses",
        list([
          attrs({
            Address: at([...path, "address"], str(`${formatAddress(subnet.gateway)}/${String(subnet.prefixLength)}`)),
          }),
        ]),
      ),
      comment(binding(["networkConfig", "ConfigureWithoutCarrier"], true), {
        before: "The bridge has its address before the first VM runs.",
      }),
      notRequired,
    ]),
  ),
  ...(taps.length === 0
    ? []
    : [
        bindingAt(
          path,
          ["networks", tapNetwork(name, taps)],
          attrs([
            binding(["matchConfig", "Name"], taps.join(" ")),
            binding(["networkConfig", "Bridge"], name),
            notRequired,
          ]),
        ),
      ]),
];

/** The glob serves the host's only bridge; lists are per bridge. */
const tapNetwork = (bridge: string, taps: readonly string[]): string =>
  taps.some((tap) => tap.endsWith("*")) ? "21-microvm-tap" : `21-${bridge}-tap`;
