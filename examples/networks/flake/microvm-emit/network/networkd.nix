# Enables systemd-networkd for the networks of VMs only, unless the host already uses it.
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
  # A bridge with a LAN port can be the uplink of the host.
  hasPorts = lib.any ({ ports, ... }: ports != [ ]) (builtins.attrValues cfg.bridges);
  # Existing bridges need no networkd.
  isNeeded =
    cfg.vlans != { }
    || cfg.routed != null
    || lib.any ({ existing, ... }: !existing) (builtins.attrValues cfg.bridges);
  network = options.systemd.network;

  # True if the host itself enables networkd.
  isEnabledByHost =
    network.enable.highestPrio < (lib.mkDefault null).priority
    || builtins.length network.enable.definitionsWithLocations > 1;

  # Files of the host that sort before ours and match one of our interfaces. Match keys for hardware never match a virtual interface.
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

  messageOf = kind: names: ''
    ${kind} ${lib.concatStringsSep ", " (builtins.attrNames names)} matches interfaces of MicroVMs and sorts before their own files.
    Narrow its matchConfig, for example with `Name = "en*"`${
      lib.optionalString (kind == "systemd.network.networks") ", or choose a name that sorts after \"1\""
    }.
  '';
in
{
  config = lib.mkIf isNeeded {
    assertions = [
      {
        assertion = config.systemd.network.enable;
        message = "systemd.network.enable is false, but the networks of MicroVMs need systemd-networkd. Remove this definition.";
      }
      {
        assertion = earlier == { };
        message = messageOf "systemd.network.networks" earlier;
      }
      {
        assertion = renaming == { };
        message = messageOf "systemd.network.links" renaming;
      }
    ];

    systemd.network = {
      enable = lib.mkDefault true;
      # When networkd configures a link, it deletes routes and rules of VPNs and other programs by default.
      config.networkConfig = lib.mkIf (!useNetworkd) {
        ManageForeignRoutes = lib.mkDefault false;
        ManageForeignRoutingPolicyRules = lib.mkDefault false;
      };
      # Here networkd does not manage the uplink of the host.
      wait-online.enable = lib.mkIf (!isEnabledByHost && (networkmanager.enable || !hasPorts)) (
        lib.mkDefault false
      );
      # Sorts after our files and before all others. The default files of systemd would configure veth interfaces of containers.
      networks."0-30-unmanaged" = lib.mkIf (!isEnabledByHost) {
        matchConfig.Name = "*";
        linkConfig.Unmanaged = true;
      };
    };

    # Older NixOS releases have no option for this setting of systemd 256.
    environment.etc."systemd/networkd.conf.d/10-microvm.conf" = lib.mkIf (
      !useNetworkd && !(config.systemd.network.config.networkConfig ? ManageForeignNextHops)
    ) { text = "[Network]\nManageForeignNextHops=no\n"; };

    # NixOS enables resolved together with networkd by mkDefault, which would change the DNS of the host.
    services.resolved.enable = lib.mkIf (!isEnabledByHost) (
      lib.mkOverride ((lib.mkDefault null).priority - 1) false
    );
  };
}
