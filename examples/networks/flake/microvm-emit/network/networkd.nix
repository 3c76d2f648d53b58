# Restricts systemd-networkd to the networks of VMs, and leaves the rest of the host as it is.
{
  config,
  lib,
  options,
  ...
}:
let
  inherit (config.networking) networkmanager useNetworkd;
  cfg = config.microvm-emit;
  inherit (cfg) links;
  # A LAN port of a bridge may be how the host is online.
  hasPorts = lib.any ({ ports, ... }: ports != [ ]) (builtins.attrValues cfg.bridges);
  # Bridges of other programs need no networkd.
  isNeeded =
    cfg.vlans != { }
    || cfg.routed != null
    || lib.any ({ existing, ... }: !existing) (builtins.attrValues cfg.bridges);
  network = options.systemd.network;

  # Whether the host runs networkd without this module.
  isHosts =
    network.enable.highestPrio < (lib.mkDefault null).priority
    || builtins.length network.enable.definitionsWithLocations > 1;

  # Files of the host that come before ours and match one of our links. Links are virtual, which rules out what only hardware has.
  earlier = lib.filterAttrs (name: file: name < "0-2" && matches "Name" file) (
    lib.filterAttrs (_: file: file.enable) config.systemd.network.networks
  );
  renaming = lib.filterAttrs (
    _: file: file.enable && file.linkConfig ? Name && matches "OriginalName" file
  ) config.systemd.network.links;
  matches =
    key:
    { matchConfig, ... }:
    !lib.any (name: matchConfig ? ${name}) [
      "MACAddress"
      "PermanentMACAddress"
      "Path"
      "SSID"
      "BSSID"
      "WLANInterfaceType"
    ]
    && matchesAny links (matchConfig.${key} or "*")
    && matchesAny [ "ether" "bridge" "vlan" ] (matchConfig.Type or "*")
    && matchesAny [ "tun" "bridge" "vlan" ] (matchConfig.Kind or "*")
    && matchesAny [ "tun" "bridge" "802.1Q VLAN Support" ] (matchConfig.Driver or "*");
  # Globs in a list, which "!" inverts.
  matchesAny =
    names: written:
    let
      given = lib.concatStringsSep " " (lib.toList written);
      globs = lib.splitString " " (lib.removePrefix "!" given);
      isMatched = name: lib.any (glob: isGlobOf glob name || isGlobOf name glob) globs;
    in
    lib.any (name: isMatched name != lib.hasPrefix "!" given) names;
  isGlobOf =
    glob: name:
    builtins.match (builtins.replaceStrings [ "*" "?" "." "+" ] [ ".*" "." "[.]" "[+]" ] glob) name
    != null;

  complaint = kind: names: ''
    ${kind} ${lib.concatStringsSep ", " (builtins.attrNames names)} matches interfaces of MicroVMs before their own network files do.
    Narrow its matchConfig, such as by `Name = "en*"`${
      lib.optionalString (kind == "systemd.network.networks") ", or give it a name that sorts after \"1\""
    }.
  '';
in
{
  config = lib.mkIf isNeeded {
    assertions = [
      {
        assertion = config.systemd.network.enable;
        message = "systemd.network.enable is false. The networks of MicroVMs need systemd-networkd: leave the option out.";
      }
      {
        assertion = earlier == { };
        message = complaint "systemd.network.networks" earlier;
      }
      {
        assertion = renaming == { };
        message = complaint "systemd.network.links" renaming;
      }
    ];

    systemd.network = {
      enable = lib.mkDefault true;
      # networkd would delete the routes and rules of VPNs and others whenever it configures a link, such as a VM's tap.
      config.networkConfig = lib.mkIf (!useNetworkd) {
        ManageForeignRoutes = lib.mkDefault false;
        ManageForeignRoutingPolicyRules = lib.mkDefault false;
      };
      # Nothing that networkd runs here makes the host online.
      wait-online.enable = lib.mkIf (!isHosts && (networkmanager.enable || !hasPorts)) (
        lib.mkDefault false
      );
      # After our files and before all others: networkd's own files would configure veth links of containers.
      networks."0-30-unmanaged" = lib.mkIf (!isHosts) {
        matchConfig.Name = "*";
        linkConfig.Unmanaged = true;
      };
    };

    # NixOS's options may not know this setting, which systemd has since 256.
    environment.etc."systemd/networkd.conf.d/10-microvm.conf" = lib.mkIf (
      !useNetworkd && !(config.systemd.network.config.networkConfig ? ManageForeignNextHops)
    ) { text = "[Network]\nManageForeignNextHops=no\n"; };

    # NixOS turns resolved on with networkd, by mkDefault. The host's DNS stays as it is.
    services.resolved.enable = lib.mkIf (!isHosts) (
      lib.mkOverride ((lib.mkDefault null).priority - 1) false
    );
  };
}
