# networking.*, without systemd-networkd's own units.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkDefault mkIf types;
  inherit (types) attrsOf either enum int listOf lines nullOr package port str submodule;
  inherit (lib.declare) flag many maybe named option required;
  cfg = config.networking;

  ports = {
    allowedTCPPorts = many port;
    allowedUDPPorts = many port;
    allowedTCPPortRanges = many (attrsOf port);
    allowedUDPPortRanges = many (attrsOf port);
  };
  address = { address = required str; prefixLength = required int; };
  addressing = {
    addresses = many (submodule { options = address; });
    routes = many (submodule { options = address // { via = maybe str; }; });
  };
  peer = submodule { options = { publicKey = required str; allowedIPs = required (listOf str); }; };
  forward.options = {
    sourcePort = required (either int (types.strMatching "[[:digit:]]+:[[:digit:]]+"));
    destination = required str;
    proto = option str "tcp";
    loopbackIPs = many str;
  };
  nft = submodule ({ name, ... }: {
    options = {
      enable = flag true;
      name = option str name;
      content = required lines;
      family = required (enum [ "ip" "ip6" "inet" "arp" "bridge" "netdev" ]);
    };
  });
in
{
  options.networking = {
    hostName = option (types.strMatching "^$|^[[:alnum:]]([[:alnum:]_-]{0,61}[[:alnum:]])?$") "nixos";
    hostId = maybe (types.strMatching "[0-9a-f]{8}");
    domain = maybe str;
    search = many str;
    hosts = named (listOf str);
    extraHosts = option lines "";
    nameservers = many str;
    defaultGateway = option (nullOr (types.coercedTo str (address: { inherit address; }) (submodule {
      options = { address = required str; interface = maybe str; metric = maybe int; };
    }))) null;
    useDHCP = flag true;
    dhcpcd.enable = flag true;
    dhcpcd.denyInterfaces = many str;
    useNetworkd = flag false;
    enableIPv6 = flag true;
    tempAddresses = option (enum [ "default" "disabled" "enabled" ]) (if cfg.enableIPv6 then "default" else "disabled");
    usePredictableInterfaceNames = flag true;
    interfaces = named (submodule {
      options = {
        useDHCP = maybe types.bool;
        macAddress = maybe str;
        ipv4 = addressing;
        ipv6 = addressing;
      };
    });
    bridges = named (submodule { options = { interfaces = many str; rstp = flag false; }; });
    wireguard.interfaces = named (submodule { options = { ips = many str; peers = many peer; }; });
    wg-quick.interfaces = named (submodule { options = { address = many str; peers = many peer; }; });
    networkmanager = { enable = flag false; unmanaged = many str; };
    wireless.enable = flag false;

    firewall = ports // {
      enable = flag true;
      package = option package pkgs.iptables;
      allowPing = flag true;
      checkReversePath = option (either types.bool (enum [ "strict" "loose" ])) true;
      logRefusedConnections = flag true;
      filterForward = flag false;
      trustedInterfaces = many str;
      interfaces = named (submodule [ { options = ports; } ]);
      extraCommands = option lines "";
      extraStopCommands = option lines "";
      extraInputRules = option lines "";
      extraForwardRules = option lines "";
      extraReversePathFilterRules = option lines "";
    };

    nat = {
      enable = flag false;
      enableIPv6 = flag false;
      internalInterfaces = many str;
      internalIPs = many str;
      internalIPv6s = many str;
      externalInterface = maybe str;
      externalIP = maybe str;
      externalIPv6 = maybe str;
      forwardPorts = many (submodule forward);
      dmzHost = maybe str;
      extraCommands = option lines "";
      extraStopCommands = option lines "";
    };

    nftables = {
      enable = flag false;
      checkRuleset = flag true;
      flushRuleset = flag (cfg.nftables.ruleset != "");
      extraDeletions = option lines "";
      ruleset = option lines "";
      rulesetFile = maybe types.path;
      tables = named nft;
      preCheckRuleset = option lines "";
    };
  };

  config = {
    networking.firewall.trustedInterfaces = [ "lo" ];
    systemd.network.enable = mkIf cfg.useNetworkd true;
    services.resolved.enable = mkIf cfg.useNetworkd (mkDefault true);
    boot.kernel.sysctl = mkIf cfg.nat.enable {
      "net.ipv4.conf.all.forwarding" = lib.mkOverride 99 true;
      "net.ipv4.conf.default.forwarding" = lib.mkOverride 99 true;
    };
    assertions = [
      {
        assertion = cfg.nat.enable -> cfg.nftables.enable -> cfg.nat.extraCommands == "" && cfg.nat.extraStopCommands == "";
        message = "networking.nat.extraCommands and networking.nat.extraStopCommands do not work with networking.nftables.enable.";
      }
      {
        assertion = cfg.firewall.filterForward || cfg.firewall.extraForwardRules != "" -> cfg.nftables.enable;
        message = "networking.firewall.filterForward and extraForwardRules work with networking.nftables.enable only.";
      }
      {
        assertion = cfg.firewall.extraCommands != "" -> !cfg.nftables.enable;
        message = "networking.firewall.extraCommands does not work with networking.nftables.enable.";
      }
    ];
  };
}
