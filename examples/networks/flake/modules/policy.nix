# Holds VMs to what they may reach, by rules of nftables. They are the same for any number of VMs; what grows are sets.
#
# vms.NAME is a VM with
#   network        "open": may reach everything, as if nothing of this were here
#                  "internet": may reach all but private addresses, and what is listed below
#                  "allowlist": may reach what is listed below
#                  "none": may reach nothing but the VMs and ports of the host that are listed below
#   links          its taps, each with
#     tap, mac       the tap's name on the host, and the VM's MAC address
#     bridge         the bridge that the tap is in, or the host's interface in its VLAN; left out where the host routes to the VM
#     master         the bridge that has that VLAN
#     lan            true where a port of that bridge leads into a LAN
#     addresses      the VM's addresses, IPv4 and IPv6
#     local          its link-local IPv6 address, where it has another one
#     neighbors      its IPv6 addresses as hexadecimal numbers, as rules compare them in neighbour advertisements
#   domains        { to, ports } with names; "*.example.org" is all below example.org
#   addresses      { to, ports } with addresses and subnets
#   vms            { to, ports } with names of other VMs; without ports, all of the VM
#   host           ports of the host
#   nameservers    the DNS servers that its domains are asked of
#   mbitPerSecond  what the host forwards for it at most, each way
#
# A port is "tcp . 443", as nftables writes it; domains and addresses without ports have those of webPorts. Whatever its policy, a VM
# may ping the host and ask it for a lease, and the host may reach the VM. Others begin to talk to it where they list it in vms, or
# come to a port that is published.
{
  vms,
  # All bridges of the host's VMs, and what of them leads into a LAN.
  bridges ? [ ],
  ports ? [ ],
  # Subnets that leave by the host's addresses, by whatever interface its routes choose.
  masquerade ? [ ],
}:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  resolverPort = 5380;
  questionsLimit = "200/second burst 200 packets";
  # An eighth of the connections that Linux tracks on a machine of at most 4 GiB, and a thirty-second of those on others.
  connectionsPerInterface = 8192;
  # Of 4 MiB, which hold 1,800 fragments for 30 seconds, a fifth.
  fragmentsLimit = "10/second burst 100 packets";
  webPorts = [
    "tcp . 80"
    "tcp . 443"
    "udp . 443"
  ];

  # No part of the internet: for the rules and the resolver.
  privateRanges = {
    ipv4 = [
      "0.0.0.0/8"
      "10.0.0.0/8"
      "100.64.0.0/10"
      "127.0.0.0/8"
      "168.63.129.16/32"
      "169.254.0.0/16"
      "172.16.0.0/12"
      "192.0.0.0/24"
      "192.88.99.0/24"
      "192.168.0.0/16"
      "198.18.0.0/15"
      "224.0.0.0/3"
    ];
    ipv6 = [
      "::/3"
      "2001::/23"
      "2002::/16"
      "4000::/2"
      "8000::/1"
    ];
  };

  # The VMs that are held; open ones are in `vms` since others may reach them.
  guests = lib.filterAttrs (_: vm: vm.network != "open") vms;
  named = network: lib.filterAttrs (_: vm: vm.network == network) guests;

  # VMs of the host that other modules describe.
  others = removeAttrs config.microvm.vms (builtins.attrNames vms);
  guestOf =
    name:
    let
      vm = config.microvm.vms.${name};
    in
    if vm.flake or null != null then
      vm.flake.nixosConfigurations.${name}
    else if vm.evaluatedConfig or null != null then
      vm.evaluatedConfig
    else
      vm.config;
  tapsOf =
    name:
    map ({ id, ... }: id) (
      builtins.filter ({ type, ... }: type == "tap") (guestOf name).config.microvm.interfaces
    );

  eachVm = make: vms: lib.concatMap make (builtins.attrValues vms);
  eachLink = make: eachVm (vm: lib.concatMap make vm.links);
  isIpv6 = lib.hasInfix ":";
  addressesOf =
    family: vm: lib.concatMap (link: builtins.filter (isOf family) link.addresses) vm.links;
  isOf = family: address: isIpv6 address == (family == 6);

  # The bridges and routed taps with nothing but VMs behind them. A bridge with a port into a LAN is reached as that LAN is.
  networks = once (eachLink (link: lib.optional (!link.lan or false) (link.bridge or link.tap)) vms);

  # `lib.unique` takes too long for the lists of a thousand VMs.
  once = items: builtins.attrNames (lib.genAttrs items (_: null));
  # Interfaces may be called as keywords of nftables are.
  quote = name: "\"${name}\"";
  elements =
    items: lib.optionalString (items != [ ]) "elements = { ${lib.concatStringsSep ", " (once items)} }";
  addresses = family: vms: elements (eachVm (addressesOf family) vms);
  sources =
    family: links:
    elements (
      eachLink (
        link:
        lib.optionals (links link) (
          map (address: "${quote link.tap} . ${link.mac} . ${address}") (
            builtins.filter (isOf family) (link.addresses ++ link.local or [ ])
          )
        )
      ) guests
    );
  macs = eachLink (link: [ link.mac ]) guests;
  senders =
    family: eachLink (link: builtins.filter (isOf family) (link.addresses ++ link.local or [ ])) guests;
  neighborsOf = link: map (number: "${quote link.tap} . ${number}") (link.neighbors or [ ]);
  linked = name: vms.${name} or { links = [ ]; };
  isBridged = link: link ? bridge;
  isRouted = link: !isBridged link;

  reachingBridges = once (
    eachLink (link: lib.optional (isBridged link) link.bridge) (
      lib.filterAttrs (_: vm: vm ? vms) guests
    )
  );

  # The names that rules see of a bridge or VLAN: with br_netfilter also the bridge that has the VLAN.
  homesOf = link: [ link.bridge ] ++ lib.optional (link ? master) link.master;
  homes =
    family:
    elements (
      eachLink (
        link:
        lib.optionals (isBridged link) (
          lib.concatMap (
            home: map (address: "${quote home} . ${address}") (builtins.filter (isOf family) link.addresses)
          ) (homesOf link)
        )
      ) guests
    );

  # From each IPv4 address of a VM to each of another one that it may reach, whole or by port.
  pairs = elements (
    eachPair (
      pair:
      {
        ports ? null,
        ...
      }:
      lib.optional (ports == null) pair
    )
  );
  pairPorts = elements (
    eachPair (
      pair:
      {
        ports ? [ ],
        ...
      }:
      map (port: "${pair} . ${port}") ports
    )
  );
  eachPair =
    make:
    eachVm (
      vm:
      lib.concatMap (
        other:
        lib.concatMap (
          from: lib.concatMap (to: make "${from} . ${to}" other) (addressesOf 4 (linked other.to))
        ) (addressesOf 4 vm)
      ) (vm.vms or [ ])
    ) guests;
  tapsWhere =
    wanted: vms: elements (eachLink (link: lib.optional (wanted link) (quote link.tap)) vms);

  # From each address of a VM to each place with each port.
  allowed =
    family:
    elements (
      eachVm (
        vm:
        lib.concatMap (
          {
            to,
            ports ? webPorts,
          }:
          lib.optionals (isOf family to) (
            lib.concatMap (from: map (port: "${from} . ${to} . ${port}") ports) (addressesOf family vm)
          )
        ) (vm.addresses or [ ])
      ) guests
    );
  hostPorts =
    family:
    elements (
      eachVm (
        vm: lib.concatMap (from: map (port: "${from} . ${port}") (portsOnHost vm)) (addressesOf family vm)
      ) guests
    );
  portsOnHost =
    vm:
    vm.host or [ ]
    ++ lib.optionals (vm.network == "allowlist") [
      "udp . ${toString resolverPort}"
      "tcp . ${toString resolverPort}"
    ];

  # What a VM tried is in the kernel's log, for whoever writes its allowlist: each server and port once an hour.
  logRefused =
    ip: family:
    let
      tried = "${ip} saddr . ${ip} daddr . meta l4proto . th dport";
    in
    "meta l4proto { tcp, udp } ${tried} != @refused${family}"
    + " add @logged${family} { ${ip} saddr limit rate 100/hour burst 100 packets }"
    + " add @refused${family} { ${tried} }"
    + ''log level info prefix "microvm-emit: refused "'';
  # An address comes to a hundred at once and a hundred more in an hour. There is room for all, so that no VM takes that of others.
  room = family: each: "size ${toString (each * lib.max 1 (lib.length (senders family)))}";

  # A tap of our names that no VM of the host has belongs to a VM that left the configuration and still runs, or to one that updates
  # itself.
  strangers = lib.optionalString (lib.all (vm: vm.updateFlake or null == null) (
    builtins.attrValues others
  )) (''iifname "microvm*" iifname != @known drop'');
  known = "set known { type ifname; ${
    elements (
      eachLink (link: [ (quote link.tap) ]) vms
      ++ map quote (lib.concatMap tapsOf (builtins.attrNames others))
    )
  } }";
  rules = ''
    table bridge microvm
    delete table bridge microvm
    table bridge microvm {
      set taps { type ifname; ${tapsWhere isBridged guests} }
      # A VLAN is a matter of the bridge and of its ports into a LAN.
      set untagged { type ifname; ${tapsWhere (link: isBridged link && !link.lan or false) vms} }
      set macs { type ifname . ether_addr; ${
        elements (eachLink (link: lib.optional (isBridged link) "${quote link.tap} . ${link.mac}") guests)
      } }
      set sources4 { type ifname . ether_addr . ipv4_addr; ${sources 4 isBridged} }
      set sources6 { type ifname . ether_addr . ipv6_addr; ${sources 6 isBridged} }
      # The addresses that neighbour advertisements (IPv6's ARP) of each tap may be about. nftables has no name for that part of
      # a message, so that they are compared as numbers.
      set neighbors { typeof iifname . @th,64,128; ${elements (eachLink neighborsOf guests)} }
      ${known}
      # Where MACs are not the host's to give: VMs of other hosts may have the same.
      set lan { type ifname; ${
        elements (map quote ports ++ eachLink (link: lib.optional (link.lan or false) (quote link.tap)) vms)
      } }
      set guests { type ether_addr; ${
        elements (eachLink (link: lib.optional (isBridged link) link.mac) guests)
      } }
      set guests4 { type ipv4_addr; ${addresses 4 guests} }
      set guests6 { type ipv6_addr; ${addresses 6 guests} }
      set guestNeighbors { typeof @th,64,128; ${
        elements (eachLink (link: link.neighbors or [ ]) guests)
      } }

      chain prerouting {
        type filter hook prerouting priority -300; policy accept;
        # A tag hides a frame from rules about ARP and ICMPv6, and the host takes a frame of VLAN 0 as one without a tag. A fragment
        # hides the rest of a neighbour advertisement (RFC 6980).
        iifname @untagged ether type { 8021q, 8021ad } drop
        iifname @untagged icmpv6 type nd-neighbor-advert exthdr frag exists drop
        iifname @taps goto from_tap
        # What comes from elsewhere, such as from the tap of an open VM, has neither the MAC nor an address of these VMs.
        iifname != @lan ether saddr @guests drop
        arp saddr ip @guests4 drop
        ip saddr @guests4 drop
        ip6 saddr @guests6 drop
        iifname != @lan icmpv6 type nd-neighbor-advert @th,64,128 @guestNeighbors drop
        ${strangers}
      }
      # A VM sends with the MAC and the addresses that are its own, also in ARP and neighbour advertisements.
      chain from_tap {
        # An offer of a lease. A DHCP client of the host hears it before it gets to the other tables.
        udp dport 68 drop
        ether type ip iifname . ether saddr . ip saddr @sources4 accept
        iifname . ether saddr != @macs drop
        ether type arp iifname . arp saddr ether . arp saddr ip @sources4 accept
        ether type ip ip saddr 0.0.0.0 ip frag-off & 0x3fff == 0 udp sport 68 udp dport 67 accept
        icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @neighbors drop
        iifname . ether saddr . ip6 saddr @sources6 accept
        ip6 saddr :: exthdr frag missing icmpv6 type nd-neighbor-solicit accept
        drop
      }

      # Nothing passes within a bridge: VMs that may reach each other do so through the host, which tracks connections.
      chain forward {
        type filter hook forward priority -200; policy accept;
        iifname @taps drop
        oifname @taps drop
      }
    }

    # Of taps that are in no bridge: those in one are seen under its name.
    table arp microvm
    delete table arp microvm
    table arp microvm {
      set bridged { type ifname; ${tapsWhere isBridged vms} }
      set taps { type ifname; ${tapsWhere isRouted guests} }
      set sources4 { type ifname . ether_addr . ipv4_addr; ${sources 4 isRouted} }
      ${known}

      chain input {
        type filter hook input priority filter; policy accept;
        iifname @bridged drop
        # Without it, a VM could fill the host's table of neighbours.
        iifname @taps iifname . arp saddr ether . arp saddr ip != @sources4 drop
        ${strangers}
      }
    }

    table inet microvm
    delete table inet microvm
    table inet microvm {
      # Taps that belong in a bridge.
      set bridged { type ifname; ${tapsWhere isBridged vms} }
      # Where each address of a bridged VM may come from.
      set homes4 { type ifname . ipv4_addr; ${homes 4} }
      set homes6 { type ifname . ipv6_addr; ${homes 6} }
      set networks { type ifname; ${elements (map quote networks)} }
      set masqueraded4 { type ipv4_addr; flags interval; ${elements (builtins.filter (isOf 4) masquerade)} }
      set masqueraded6 { type ipv6_addr; flags interval; ${elements (builtins.filter (isOf 6) masquerade)} }
      set guests4 { type ipv4_addr; ${elements (senders 4)} }
      set guests6 { type ipv6_addr; ${elements (senders 6)} }
      set internet4 { type ipv4_addr; ${addresses 4 (named "internet")} }
      set internet6 { type ipv6_addr; ${addresses 6 (named "internet")} }
      set asking4 { type ipv4_addr; ${addresses 4 asking} }
      set asking6 { type ipv6_addr; ${addresses 6 asking} }
      set private4 { type ipv4_addr; flags interval; elements = { ${lib.concatStringsSep ", " privateRanges.ipv4} } }
      set private6 { type ipv6_addr; flags interval; elements = { ${lib.concatStringsSep ", " privateRanges.ipv6} } }
      set allowed4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; ${allowed 4} }
      set allowed6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags interval; ${allowed 6} }
      # Filled by microvm-resolver.service, for as long as a DNS answer is good.
      set resolved4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags timeout; }
      set resolved6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags timeout; }
      set host4 { type ipv4_addr . inet_proto . inet_service; ${hostPorts 4} }
      set host6 { type ipv6_addr . inet_proto . inet_service; ${hostPorts 6} }
      # How many packets of DNS each VM may send the host: see the chain to_host.
      set questions { type ether_addr; size ${toString (lib.max 1 (lib.length macs))}; flags dynamic; }
      set pairs4 { type ipv4_addr . ipv4_addr; ${pairs} }
      set pairPorts4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; ${pairPorts} }
      set refused4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; ${room 4 200}; flags dynamic, timeout; timeout 1h; }
      set refused6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; ${room 6 200}; flags dynamic, timeout; timeout 1h; }
      set logged4 { type ipv4_addr; ${room 4 1}; flags dynamic; }
      set logged6 { type ipv6_addr; ${room 6 1}; flags dynamic; }
      ${known}
      set taps { type ifname; ${tapsWhere isRouted guests} }
      set sources4 { type ifname . ether_addr . ipv4_addr; ${sources 4 isRouted} }
      set sources6 { type ifname . ether_addr . ipv6_addr; ${sources 6 isRouted} }

      # The connections that each VM began, by its MAC address, and VMs that have too many: to count takes time.
      set full { type ether_addr; size ${toString (lib.max 1 (lib.length macs))}; flags dynamic, timeout; timeout 10s; }
      set fragments { type ether_addr; size ${toString (lib.max 1 (lib.length macs))}; flags dynamic; }
      set connections { type ether_addr; size ${toString (lib.max 1 (lib.length macs))}; flags dynamic; }

      ${limits}
      # The same as on bridges for taps that are in none, and for what comes from elsewhere.
      chain prerouting {
        # Before fragments are put together.
        type filter hook prerouting priority -450; policy accept;
        # A tap that is not in its bridge, because it is not there yet or because the host took it for a link of its own.
        iifname @bridged drop
        iifname @taps goto from_tap
        ip saddr @guests4 iifname . ip saddr != @homes4 drop
        # A link-local address is not unique: another link may have the same.
        ip6 saddr != fe80::/10 ip6 saddr @guests6 iifname . ip6 saddr != @homes6 drop
        ${strangers}
      }
      chain from_tap {
        iifname . ether saddr . ip saddr @sources4 accept
        iifname . ether saddr . ip6 saddr @sources6 accept
        ip6 saddr :: exthdr frag missing icmpv6 type nd-neighbor-solicit accept
        drop
      }

      # All of a host share a few MiB for fragments that wait for others.
      chain fragments {
        type filter hook prerouting priority -440; policy accept;
        ip saddr @guests4 ip frag-off & 0x3fff != 0 add @fragments { ether saddr limit rate over ${fragmentsLimit} } drop
        ip6 saddr @guests6 exthdr frag exists add @fragments { ether saddr limit rate over ${fragmentsLimit} } drop
      }

      chain questions {
        type nat hook prerouting priority dstnat - 5; policy accept;
        ip saddr @asking4 meta l4proto { tcp, udp } th dport 53 redirect to :${toString resolverPort}
        ip6 saddr @asking6 meta l4proto { tcp, udp } th dport 53 redirect to :${toString resolverPort}
      }

      chain input {
        type filter hook input priority filter - 5; policy accept;
        ip saddr @guests4 jump to_host
        ip6 saddr @guests6 jump to_host
      }
      chain to_host {
        # Before all else: one VM's flood takes no time of the resolver, and no room in its socket.
        meta l4proto { tcp, udp } th dport { 53, ${toString resolverPort} } add @questions { ether saddr limit rate over ${questionsLimit} } drop
        ct state established,related accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
        ip saddr . meta l4proto . th dport @host4 goto admit
        ip6 saddr . meta l4proto . th dport @host6 goto admit
        udp sport 68 udp dport 67 goto admit
        icmp type echo-request goto admit
        icmpv6 type echo-request goto admit
        goto refuse
      }

      # Packets to other MicroVMs keep their source. Of the host's own packets none is changed.
      chain way_out {
        type nat hook postrouting priority srcnat; policy accept;
        oifname @networks accept
        fib saddr type local accept
        ip saddr @masqueraded4 masquerade
        ip6 saddr @masqueraded6 masquerade
      }

      # An uplink may have a smaller MTU than the bridge, and not every network tells of it (RFC 2923, 2.1).
      chain segment_size {
        type filter hook forward priority mangle; policy accept;
        iifname @networks tcp flags syn tcp option maxseg size set rt mtu
        oifname @networks tcp flags syn tcp option maxseg size set rt mtu
      }

      chain forward {
        type filter hook forward priority filter - 5; policy accept;
        ${lib.optionalString (limited != { }) "jump limited"}
        ct state established,related accept
        ip saddr @guests4 jump from_guest
        ip6 saddr @guests6 jump from_guest
        ip daddr @guests4 jump to_guest
        ip6 daddr @guests6 jump to_guest
      }
      chain from_guest {
        ip saddr . ip daddr @pairs4 goto admit
        ip saddr . ip daddr . meta l4proto . th dport @pairPorts4 goto admit
        oifname @networks goto refuse
        ip saddr . ip daddr . meta l4proto . th dport @allowed4 goto admit
        ip6 saddr . ip6 daddr . meta l4proto . th dport @allowed6 goto admit
        ip saddr . ip daddr . meta l4proto . th dport @resolved4 goto admit
        ip6 saddr . ip6 daddr . meta l4proto . th dport @resolved6 goto admit
        ip daddr @private4 goto refuse
        ip6 daddr @private6 goto refuse
        ip saddr @internet4 goto admit
        ip6 saddr @internet6 goto admit
        goto refuse
      }
      chain to_guest {
        ct status dnat accept
        drop
      }
      # The host's table of connections has room for all VMs.
      chain admit {
        ether saddr @full goto refuse
        add @connections { ether saddr ct count over ${toString connectionsPerInterface} } add @full { ether saddr } goto refuse
        accept
      }
      # Nothing leaves by a tap that is not in its bridge, whatever routes the host has there.
      chain postrouting {
        type filter hook postrouting priority filter; policy accept;
        oifname @bridged drop
      }
      chain refuse {
        ${logRefused "ip" "4"}
        ${logRefused "ip6" "6"}
        reject with icmpx admin-prohibited
      }
    }
  '';

  limited = lib.filterAttrs (_: vm: vm ? mbitPerSecond) vms;
  limits = lib.optionalString (limited != { }) ''
    # A fifth of a second's worth may come at once.
    ${lib.concatStrings (lib.mapAttrsToList limitOf limited)}
    map from4 { type ipv4_addr : limit; ${limitsOf "from" 4} }
    map from6 { type ipv6_addr : limit; ${limitsOf "from" 6} }
    map to4 { type ipv4_addr : limit; ${limitsOf "to" 4} }
    map to6 { type ipv6_addr : limit; ${limitsOf "to" 6} }

    chain limited {
      limit name ip saddr map @from4 drop
      limit name ip6 saddr map @from6 drop
      limit name ip daddr map @to4 drop
      limit name ip6 daddr map @to6 drop
    }
  '';
  limitOf =
    name:
    { mbitPerSecond, ... }:
    let
      rate = "rate over ${toString (mbitPerSecond * 125)} kbytes/second burst ${toString (mbitPerSecond * 25)} kbytes";
    in
    ''
      limit from_${name} { ${rate}; }
      limit to_${name} { ${rate}; }
    '';
  limitsOf =
    direction: family:
    elements (
      lib.concatLists (
        lib.mapAttrsToList (
          name: vm: map (address: "${address} : \"${direction}_${name}\"") (addressesOf family vm)
        ) limited
      )
    );

  # resolved listens for others only where it is told to.
  askingHost = lib.filterAttrs (_: vm: builtins.elem "udp . 53" (vm.host or [ ])) guests;
  hasDnsServer =
    lib.any (server: config.services.${server}.enable or false) dnsServers
    || lib.hasInfix "DNSStubListenerExtra" (
      builtins.toJSON [
        (config.services.resolved.extraConfig or "")
        (config.services.resolved.settings or { })
      ]
    );
  dnsServers = [
    "adguardhome"
    "bind"
    "blocky"
    "coredns"
    "dnscrypt-proxy"
    "dnsdist"
    "dnsmasq"
    "knot"
    "kresd"
    "nsd"
    "pdns-recursor"
    "pihole-ftl"
    "powerdns"
    "technitium-dns-server"
    "unbound"
  ];

  asking = named "allowlist";
  resolverConfig = {
    listen = [
      "0.0.0.0"
      "::"
    ];
    port = resolverPort;
    libnftables = "${pkgs.nftables}/lib/libnftables.so.1";
    private = privateRanges.ipv4 ++ privateRanges.ipv6;
    guests = lib.concatMapAttrs (
      name: vm:
      lib.genAttrs (lib.concatMap (link: link.addresses ++ link.local or [ ]) vm.links) (_: {
        inherit name;
        upstream = vm.nameservers;
        allow = map (
          {
            to,
            ports ? webPorts,
          }:
          {
            name = to;
            ports = map (port: builtins.filter builtins.isString (builtins.split " \. " port)) ports;
          }
        ) vm.domains;
        addresses = map ({ to, ... }: to) (vm.addresses or [ ]);
      })
    ) asking;
  };

  # Programs that read frames, such as DHCP and LLDP clients, hear a tap that is not in its bridge before other tables do. From Linux 6.16
  # on, a hook waits for a device of its name.
  hasTapHooks = lib.versionAtLeast config.boot.kernelPackages.kernel.version "6.16";
  tapRules = ''
    table netdev microvm
    delete table netdev microvm
    table netdev microvm {
      chain from_tap {
        ether type != { ip, ip6, arp } drop
        udp dport 68 drop
      }
      ${lib.concatStrings (
        eachLink (link: [
          ''
            chain tap_${link.tap} {
              type filter hook ingress device ${quote link.tap} priority filter; policy accept;
              goto from_tap
            }
          ''
        ]) guests
      )}
    }
  '';
  # The kernel that runs may be an older one until the next boot.
  loadTapRules = ''-${pkgs.bash}/bin/bash -c "${pkgs.nftables}/bin/nft -f /etc/microvm/taps.nft && ${pkgs.coreutils}/bin/cp --remove-destination /etc/microvm/taps.nft /run/microvm-policy/taps.nft"'';
  afterLoad = map unlearn bridges ++ lib.optional hasTapHooks loadTapRules;

  load = "${pkgs.nftables}/bin/nft -f /etc/microvm/policy.nft";
  # What nftables.service loads when it flushes: there before our own load, and changed by a reload that succeeded.
  keep = "${pkgs.coreutils}/bin/cp --remove-destination /etc/microvm/policy.nft /run/microvm-policy/policy.nft";

  # Rules do not see frames to the addresses that bridges keep for themselves (01:80:c2:00:00:0e and its like). A VM could send one with
  # another's MAC, and the bridge would believe that this is where the other is.
  unlearn =
    bridge:
    ''-${pkgs.bash}/bin/bash -c "test ! -e /sys/class/net/${bridge} || ${pkgs.iproute2}/bin/ip link set dev ${bridge} type bridge no_linklocal_learn 1"'';

  confined = (import ../lib/confined.nix).rules;

  portsFor =
    proto: vm:
    lib.concatMap (
      port:
      lib.optional (lib.hasPrefix "${proto} . " port) (lib.toInt (lib.removePrefix "${proto} . " port))
    ) (portsOnHost vm);
in
{
  imports = [
    (import ./vm-conflicts.nix {
      inherit
        vms
        bridges
        others
        guestOf
        ;
    })
  ];

  warnings = lib.optional (askingHost != { } && !hasDnsServer) ''
    ${lib.concatStringsSep ", " (builtins.attrNames askingHost)} may ask this host's DNS server (reachHost has "dns"), but this host seems to run none.
    Enable one on the VMs' bridge, such as services.dnsmasq, or set nameservers of the VM to a public server.
  '';

  environment.etc = {
    "microvm/policy.nft".text = rules;
    "microvm/taps.nft" = lib.mkIf hasTapHooks { text = tapRules; };
    "microvm/resolver.json" = lib.mkIf (asking != { }) { text = builtins.toJSON resolverConfig; };
  };

  systemd.services = lib.mkIf config.microvm.host.enable {
    microvm-policy = {
      description = "What MicroVMs may reach";
      wantedBy = [ "multi-user.target" ];
      before = [ "network-pre.target" ];
      wants = [ "network-pre.target" ];
      after = [ "nftables.service" ];
      reloadIfChanged = true;
      # VMs that run need it, also those that left the configuration.
      unitConfig.X-StopOnRemoval = false;
      restartTriggers = [
        config.environment.etc."microvm/policy.nft".source
      ]
      ++ lib.optional hasTapHooks config.environment.etc."microvm/taps.nft".source;
      serviceConfig = confined // {
        Type = "oneshot";
        RemainAfterExit = true;
        RuntimeDirectory = "microvm-policy";
        ExecStartPre = keep;
        ExecStart = load;
        ExecStartPost = afterLoad;
        # The resolver puts back what it has granted.
        ExecReload = [
          load
          keep
        ]
        ++ afterLoad
        ++ [
          "-${config.systemd.package}/bin/systemctl reload --no-block microvm-resolver.service"
        ];
      };
    };
    # It may flush all rules, and what the resolver has granted: when it starts, stops, or is gone with the next configuration.
    nftables.serviceConfig =
      let
        loadAgain = [
          "-${config.systemd.package}/bin/systemctl --no-block try-reload-or-restart microvm-policy.service"
        ];
      in
      lib.mkIf config.networking.nftables.enable {
        ExecStartPost = loadAgain;
        ExecReload = lib.mkAfter loadAgain;
        ExecStopPost = loadAgain;
      };
    "microvm@" = {
      requires = [ "microvm-policy.service" ];
      after = [ "microvm-policy.service" ];
    };

    # Docker drops what it does not know of all that the host forwards, but for what this chain of its accepts.
    microvm-docker = lib.mkIf config.virtualisation.docker.enable {
      description = "MicroVMs beside Docker";
      wantedBy = [ "docker.service" ];
      partOf = [ "docker.service" ];
      after = [ "docker.service" ];
      path = [ pkgs.iptables ];
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
      };
      # In a chain of its own, so that networks that are gone leave it.
      script = ''
        for tables in iptables ip6tables; do
          if "$tables" -w -n -L DOCKER-USER >/dev/null 2>&1; then
            "$tables" -w -N MICROVM 2>/dev/null || "$tables" -w -F MICROVM
            for network in ${lib.escapeShellArgs networks}; do
              "$tables" -w -A MICROVM -i "$network" -j ACCEPT
              "$tables" -w -A MICROVM -o "$network" -j ACCEPT
            done
            "$tables" -w -C DOCKER-USER -j MICROVM 2>/dev/null || "$tables" -w -I DOCKER-USER -j MICROVM
          fi
        done
      '';
      preStop = ''
        for tables in iptables ip6tables; do
          "$tables" -w -D DOCKER-USER -j MICROVM && "$tables" -w -F MICROVM && "$tables" -w -X MICROVM || true
        done
      '';
    };

    microvm-resolver = lib.mkIf (asking != { }) {
      description = "Names that MicroVMs may ask for";
      wantedBy = [ "multi-user.target" ];
      after = [
        "microvm-policy.service"
        "network.target"
      ];
      bindsTo = [ "microvm-policy.service" ];
      reloadTriggers = [ config.environment.etc."microvm/resolver.json".source ];
      serviceConfig = confined // {
        ExecStart = "${
          pkgs.python3.withPackages (packages: [ packages.dnspython ])
        }/bin/python3 ${../lib/resolver.py} /etc/microvm/resolver.json";
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        Type = "notify";
        Restart = "always";
        RestartSec = 2;
        DynamicUser = true;
        AmbientCapabilities = [ "CAP_NET_ADMIN" ];
        # A socket for each question that is under way.
        LimitNOFILE = 65536;
        RestrictAddressFamilies = [
          "AF_INET"
          "AF_INET6"
          "AF_NETLINK"
          "AF_UNIX"
        ];
        UMask = "0077";
      };
    };
  };

  # What flushes our rules loads them in the same transaction, since what a VM begins in between may go on after it.
  networking.nftables.extraDeletions = lib.mkIf config.networking.nftables.flushRuleset ''
    include "/run/microvm-policy/*.nft"
  '';

  # filterForward drops what it does not know. What passes there is held by the rules above all the same.
  networking.firewall.extraForwardRules =
    lib.mkIf (config.networking.firewall.filterForward && networks != [ ])
      ''
        iifname { ${lib.concatMapStringsSep ", " quote networks} } accept
      '';

  services.udev.extraRules = lib.concatMapStrings (bridge: ''
    ACTION=="add", SUBSYSTEM=="net", KERNEL=="${bridge}", ATTR{bridge/no_linklocal_learn}="1"
  '') bridges;

  # With br_netfilter, which others may load, the host's rules for what it forwards would be asked of frames within a bridge.
  boot.kernelModules = [ "br_netfilter" ];
  boot.kernel.sysctl = {
    "net.bridge.bridge-nf-call-arptables" = lib.mkDefault 0;
    "net.bridge.bridge-nf-call-iptables" = lib.mkDefault 0;
    "net.bridge.bridge-nf-call-ip6tables" = lib.mkDefault 0;
  }
  # The host answers ARP for VMs that others may reach, since a question does not get to them within the bridge.
  // lib.listToAttrs (
    lib.concatMap (bridge: [
      (lib.nameValuePair "net/ipv4/conf/${bridge}/proxy_arp_pvlan" 1)
      (lib.nameValuePair "net/ipv4/conf/${bridge}/send_redirects" 0)
      (lib.nameValuePair "net/ipv4/neigh/${bridge}/proxy_delay" 0)
    ]) reachingBridges
  )
  # As networking.nat sets them. With dots, the same value of Docker, Tailscale or networking.nat would be a conflict.
  // lib.optionalAttrs (lib.any (isOf 4) masquerade) {
    "net/ipv4/conf/all/forwarding" = true;
    "net/ipv4/conf/default/forwarding" = true;
  }
  // lib.optionalAttrs (lib.any (isOf 6) masquerade) {
    "net/ipv6/conf/all/accept_ra" = 2;
    "net/ipv6/conf/default/accept_ra" = 2;
    "net/ipv6/conf/all/forwarding" = true;
    "net/ipv6/conf/default/forwarding" = true;
  };
  networking.firewall.interfaces = lib.mkMerge (
    eachVm (
      vm:
      map (link: {
        ${link.bridge or link.tap} = {
          allowedTCPPorts = portsFor "tcp" vm;
          allowedUDPPorts = portsFor "udp" vm;
        };
      }) (lib.optionals (portsOnHost vm != [ ]) vm.links)
    ) guests
  );
}
