import { type Expr, nix } from "@microvm-emit/nix-ast";

/** A module that joins taps to bridges of other programs. */
export const existingBridgesModule = (): Expr => nix`
# Joins taps of MicroVMs to bridges that other programs make, whichever of both appears first. systemd-networkd would make the bridge.
#
# By bridge
#   taps       the names of the taps
#   isolated   whether nothing passes between the taps, not even while no rules are loaded
bridges:
{ lib, pkgs, ... }:
let
  ip = "\${pkgs.iproute2}/bin/ip link set dev";
  join = bridge: isolated: tap: ''
    ACTION=="add", SUBSYSTEM=="net", KERNEL=="\${bridge}|\${tap}", RUN+="\${ip} \${tap} master \${bridge}", RUN+="\${ip} \${tap} type bridge_slave isolated \${
      if isolated then "on" else "off"
    }"
  '';
in
{
  services.udev.extraRules = lib.concatStrings (
    lib.concatLists (lib.mapAttrsToList (bridge: { taps, isolated }: map (join bridge isolated) taps) bridges)
  );
}
`;
