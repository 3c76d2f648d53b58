# Services that create and remove a VM's taps and macvtaps on the host.
{ config, lib, pkgs, ... }:
let
  inherit (config.microvm) declaredRunner interfaces;
  ip = lib.getExe' pkgs.iproute2 "ip";
  flags = lib.concatStringsSep " " ([ "vnet_hdr" ] ++ lib.optional declaredRunner.passthru.tapMultiQueue "multi_queue");

  scripts = type: up:
    let
      some = builtins.filter (i: i.type == type) interfaces;
    in
    lib.mkIf (some != [ ]) {
      "${type}-up" = lib.concatMapStrings up some;
      "${type}-down" = lib.concatMapStrings (i: "${ip} link delete '${i.id}'\n") some;
    };
in
{
  microvm.binScripts = lib.mkMerge [
    (scripts "tap" (i: "${ip} tuntap add name '${i.id}' mode tap user 'microvm' ${flags}\n"))
    (scripts "macvtap" (i: "${ip} link add link '${i.macvtap.link}' name '${i.id}' address '${i.mac}' type macvtap mode '${i.macvtap.mode}'\n"))
  ];
}
