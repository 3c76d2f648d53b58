# Restricts systemd-networkd to the networks of VMs, unless the host uses it already.
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
  # With a LAN port, the bridge can be the host's own uplink.
  hasPorts = lib.any ({ ports, ... }: ports != [ ]) (builtins.attrValues cfg.bridges);
  # Existing bridges need no networkd.
  isNeeded =
    cfg.vlans != { }
    || cfg.routed != null
    || lib.any ({ existing, ... }: !existing) (builtins.attrValues cfg.bridges);
  network = options.systemd.network;

  # True if the host enables networkd itself.
  isHosts =
    network.enable.highestPrio < (lib.mkDefault null).priority
    || builtins.length network.enable.definitionsWithLocations > 1;

  # Files of the host that sort before ours and match one of our links. Ours are virtual, so match keys of hardware cannot match.
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
  # A list of globs; "!" inverts the match.
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
      # By default, networkd deletes routes and rules of VPNs and other programs when it configures a link.
      config.networkConfig = lib.mkIf (!useNetworkd) {
        ManageForeignRoutes = lib.mkDefault false;
        ManageForeignRoutingPolicyRules = lib.mkDefault false;
      };
      # networkd manages no uplink of the host here.
      wait-online.enable = lib.mkIf (!isHosts && (networkmanager.enable || !hasPorts)) (
        lib.mkDefault false
      );
      # Sorts after our files and before all others. systemd's own files would configure veth links of containers.
      networks."0-30-unmanaged" = lib.mkIf (!isHosts) {
        matchConfig.Name = "*";
        linkConfig.Unmanaged = true;
      };
    };

    # A setting of systemd 256 that older NixOS options do not know.
    environment.etc."systemd/networkd.conf.d/10-microvm.conf" = lib.mkIf (
      !useNetworkd && !(config.systemd.network.config.networkConfig ? ManageForeignNextHops)
    ) { text = "[Network]\nManageForeignNextHops=no\n"; };

    # NixOS enables resolved with networkd, by mkDefault. Keep the host's DNS unchanged.
    services.resolved.enable = lib.mkIf (!isHosts) (
      lib.mkOverride ((lib.mkDefault null).priority - 1) false
    );
  };
}
