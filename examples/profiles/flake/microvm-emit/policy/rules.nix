# nftables rules of the network policies. With more VMs only the sets grow, not the number of rules.
{ lib, facts }:
let
  inherit (facts)
    addressesOf
    eachLink
    eachVm
    enforced
    isOf
    masquerade
    withNetwork
    networks
    distinct
    others
    ports
    portsOnHost
    privateRanges
    resolverPort
    tapsOf
    vms
    ;
  withAllowlist = withNetwork "allowlist";

  questionsLimit = "200/second burst 200 packets";
  # 1/8 of the connections that Linux tracks on a machine with up to 4 GiB of memory, and 1/32 on larger machines.
  connectionsPerInterface = 8192;
  # 1/5 of the kernel's limit: 4 MiB, which is 1,800 fragments in 30 seconds.
  fragmentsLimit = "10/second burst 100 packets";

  # Quote names: an interface may be named like an nft keyword.
  quote = name: "\"${name}\"";
  elements =
    items:
    lib.optionalString (items != [ ]) "elements = { ${lib.concatStringsSep ", " (distinct items)} }";
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
      ) enforced
    );
  macs = eachLink (link: [ link.mac ]) enforced;
  senders =
    family:
    eachLink (link: builtins.filter (isOf family) (link.addresses ++ link.local or [ ])) enforced;
  neighborsOf = link: map (number: "${quote link.tap} . ${number}") (link.neighbors or [ ]);
  linked = name: vms.${name} or { links = [ ]; };
  isBridged = link: link ? bridge;
  isRouted = link: !isBridged link;
  # Interfaces from which packets of a bridged VM arrive. With br_netfilter, packets in a VLAN can also arrive from its bridge.
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
      ) enforced
    );

  # `reachVms`: each IPv4 address of the VM with each IPv4 address of the other VM.
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
      ) (vm.vms)
    ) enforced;
  tapsWhere =
    wanted: vms: elements (eachLink (link: lib.optional (wanted link) (quote link.tap)) vms);

  # `allow`: each address of the VM with each destination and port.
  allowed =
    family:
    elements (
      eachVm (
        vm:
        lib.concatMap (
          { to, ports }:
          lib.optionals (isOf family to) (
            lib.concatMap (from: map (port: "${from} . ${to} . ${port}") ports) (addressesOf family vm)
          )
        ) (vm.addresses)
      ) enforced
    );
  hostPorts =
    family:
    elements (
      eachVm (
        vm: lib.concatMap (from: map (port: "${from} . ${port}") (portsOnHost vm)) (addressesOf family vm)
      ) enforced
    );
  # Users need the log to write an allowlist. It has each refused server and port once an hour.
  logRefused =
    ip: family:
    let
      tried = "${ip} saddr . ${ip} daddr . meta l4proto . th dport";
    in
    "meta l4proto { tcp, udp } ${tried} != @refused${family}"
    + " add @logged${family} { ${ip} saddr limit rate 100/hour burst 100 packets }"
    + " add @refused${family} { ${tried} }"
    + ''log level info prefix "microvm-emit: refused "'';
  # Each address can log a burst of 100 packets and 100 more in an hour. The set has room for all, so that one VM cannot fill it.
  room = family: each: "size ${toString (each * lib.max 1 (lib.length (senders family)))}";

  # Counts the connections to each server and port for a day. Only new servers and ports count towards the limit, as in the log.
  countAdmitted =
    ip: family:
    let
      tried = "${ip} saddr . ${ip} daddr . meta l4proto . th dport";
    in
    "meta l4proto { tcp, udp } add @counting${family} { ${ip} saddr limit rate 100/hour burst 100 packets }"
    + " add @admitted${family} { ${tried} counter }";

  # An unknown tap with our prefix belongs to a VM that was removed from the configuration but still runs. The taps of VMs with
  # `updateFlake` are unknown during evaluation, so a host with such a VM does not have this rule.
  dropUnknownTaps = lib.optionalString (lib.all (vm: vm.updateFlake or null == null) (
    builtins.attrValues others
  )) (''iifname "microvm*" iifname != @known drop'');
  known = "set known { type ifname; ${
    elements (
      eachLink (link: [ (quote link.tap) ]) vms
      ++ map quote (lib.concatMap tapsOf (builtins.attrNames others))
    )
  } }";

  limited = lib.filterAttrs (_: vm: vm ? mbitPerSecond) vms;
  limits = lib.optionalString (limited != { }) ''
    # A burst is the traffic of 1/5 second.
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
in
{
  rules = ''
    table bridge microvm
    delete table bridge microvm
    table bridge microvm {
      set taps { type ifname; ${tapsWhere isBridged enforced} }
      # Taps in networks without LAN ports. VMs there must not send VLAN tags.
      set untagged { type ifname; ${tapsWhere (link: isBridged link && !link.lan) vms} }
      set macs { type ifname . ether_addr; ${
        elements (eachLink (link: lib.optional (isBridged link) "${quote link.tap} . ${link.mac}") enforced)
      } }
      set sources4 { type ifname . ether_addr . ipv4_addr; ${sources 4 isBridged} }
      set sources6 { type ifname . ether_addr . ipv6_addr; ${sources 6 isBridged} }
      # The addresses that each tap can announce in IPv6 neighbour advertisements, and check for duplicates in neighbour solicitations.
      # nftables has no name for the field, so the rules compare numbers.
      set neighbors { typeof iifname . @th,64,128; ${elements (eachLink neighborsOf enforced)} }
      ${known}
      # Interfaces to other machines, which can have the same MAC addresses as our VMs.
      set lan { type ifname; ${
        elements (map quote ports ++ eachLink (link: lib.optional (link.lan) (quote link.tap)) vms)
      } }
      set guests { type ether_addr; ${
        elements (eachLink (link: lib.optional (isBridged link) link.mac) enforced)
      } }
      set guests4 { type ipv4_addr; ${addresses 4 enforced} }
      set guests6 { type ipv6_addr; ${addresses 6 enforced} }
      set guestNeighbors { typeof @th,64,128; ${
        elements (eachLink (link: link.neighbors or [ ]) enforced)
      } }

      chain prerouting {
        type filter hook prerouting priority -300; policy accept;
        # Rules on ARP and ICMPv6 do not match frames with a VLAN tag, and the host treats VLAN 0 as untagged. Rules cannot read a
        # fragmented neighbour advertisement (RFC 6980).
        iifname @untagged ether type { 8021q, 8021ad } drop
        iifname @untagged icmpv6 type nd-neighbor-advert exthdr frag exists drop
        iifname @taps goto from_tap
        # Other interfaces, such as the tap of an open VM, must not use the MAC or IP addresses of these VMs.
        iifname != @lan ether saddr @guests drop
        arp saddr ip @guests4 drop
        ip saddr @guests4 drop
        ip6 saddr @guests6 drop
        iifname != @lan icmpv6 type nd-neighbor-advert @th,64,128 @guestNeighbors drop
        ${dropUnknownTaps}
      }
      # A VM can send only from its own MAC and IP addresses, also in ARP and neighbour advertisements.
      chain from_tap {
        # DHCP offers: a DHCP client of the host would receive them before the other tables drop them.
        udp dport 68 drop
        ether type ip iifname . ether saddr . ip saddr @sources4 accept
        iifname . ether saddr != @macs drop
        ether type arp iifname . arp saddr ether . arp saddr ip @sources4 accept
        ether type ip ip saddr 0.0.0.0 ip frag-off & 0x3fff == 0 udp sport 68 udp dport 67 accept
        icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @neighbors drop
        iifname . ether saddr . ip6 saddr @sources6 accept
        # If a VM could claim any address, a new address of the host would fail duplicate address detection (RFC 4862).
        ip6 saddr :: exthdr frag missing icmpv6 type nd-neighbor-solicit iifname . @th,64,128 @neighbors accept
        drop
      }

      # Drop all packets between ports of a bridge. VMs reach each other through the host, which tracks connections.
      chain forward {
        type filter hook forward priority -200; policy accept;
        iifname @taps drop
        oifname @taps drop
      }
    }

    # For taps without a bridge. For bridged taps, rules of this table see the name of the bridge.
    table arp microvm
    delete table arp microvm
    table arp microvm {
      set bridged { type ifname; ${tapsWhere isBridged vms} }
      set taps { type ifname; ${tapsWhere isRouted enforced} }
      set sources4 { type ifname . ether_addr . ipv4_addr; ${sources 4 isRouted} }
      ${known}

      chain input {
        type filter hook input priority filter; policy accept;
        iifname @bridged drop
        # Otherwise a VM could fill the ARP table of the host.
        iifname @taps iifname . arp saddr ether . arp saddr ip != @sources4 drop
        ${dropUnknownTaps}
      }
    }

    table inet microvm
    delete table inet microvm
    table inet microvm {
      set bridged { type ifname; ${tapsWhere isBridged vms} }
      set homes4 { type ifname . ipv4_addr; ${homes 4} }
      set homes6 { type ifname . ipv6_addr; ${homes 6} }
      set networks { type ifname; ${elements (map quote networks)} }
      set masqueraded4 { type ipv4_addr; flags interval; ${elements (builtins.filter (isOf 4) masquerade)} }
      set masqueraded6 { type ipv6_addr; flags interval; ${elements (builtins.filter (isOf 6) masquerade)} }
      set guests4 { type ipv4_addr; ${elements (senders 4)} }
      set guests6 { type ipv6_addr; ${elements (senders 6)} }
      set internet4 { type ipv4_addr; ${addresses 4 (withNetwork "internet")} }
      set internet6 { type ipv6_addr; ${addresses 6 (withNetwork "internet")} }
      set asking4 { type ipv4_addr; ${addresses 4 withAllowlist} }
      set asking6 { type ipv6_addr; ${addresses 6 withAllowlist} }
      set private4 { type ipv4_addr; flags interval; elements = { ${lib.concatStringsSep ", " privateRanges.ipv4} } }
      set private6 { type ipv6_addr; flags interval; elements = { ${lib.concatStringsSep ", " privateRanges.ipv6} } }
      set allowed4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; ${allowed 4} }
      set allowed6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags interval; ${allowed 6} }
      # microvm-resolver.service adds the addresses of a DNS answer for its TTL.
      set resolved4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags timeout; }
      set resolved6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags timeout; }
      # `microvm-emit allow` adds addresses.
      set granted4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags timeout; }
      set granted6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags timeout; }
      set host4 { type ipv4_addr . inet_proto . inet_service; ${hostPorts 4} }
      set host6 { type ipv6_addr . inet_proto . inet_service; ${hostPorts 6} }
      # Rate of DNS packets from each VM to the host, in the chain to_host.
      set questions { type ether_addr; size ${toString (lib.max 1 (lib.length macs))}; flags dynamic; }
      set pairs4 { type ipv4_addr . ipv4_addr; ${pairs} }
      set pairPorts4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; ${pairPorts} }
      set refused4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; ${room 4 200}; flags dynamic, timeout; timeout 1h; }
      set refused6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; ${room 6 200}; flags dynamic, timeout; timeout 1h; }
      set admitted4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; ${room 4 200}; flags dynamic, timeout; timeout 1d; }
      set admitted6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; ${room 6 200}; flags dynamic, timeout; timeout 1d; }
      set counting4 { type ipv4_addr; ${room 4 1}; flags dynamic; }
      set counting6 { type ipv6_addr; ${room 6 1}; flags dynamic; }
      set logged4 { type ipv4_addr; ${room 4 1}; flags dynamic; }
      set logged6 { type ipv6_addr; ${room 6 1}; flags dynamic; }
      ${known}
      set taps { type ifname; ${tapsWhere isRouted enforced} }
      set sources4 { type ifname . ether_addr . ipv4_addr; ${sources 4 isRouted} }
      set sources6 { type ifname . ether_addr . ipv6_addr; ${sources 6 isRouted} }

      # Connections of each VM by MAC address, and the VMs above the limit. Counting is slow, so a VM stays in `full` for 10 seconds.
      set full { type ether_addr; size ${toString (lib.max 1 (lib.length macs))}; flags dynamic, timeout; timeout 10s; }
      set fragments { type ether_addr; size ${toString (lib.max 1 (lib.length macs))}; flags dynamic; }
      set connections { type ether_addr; size ${toString (lib.max 1 (lib.length macs))}; flags dynamic; }

      ${limits}
      # The same checks of source addresses as in table bridge, for taps without a bridge and for other interfaces.
      chain prerouting {
        # This priority is before the reassembly of fragments.
        type filter hook prerouting priority -450; policy accept;
        # Taps outside their bridge: not yet attached, or configured by another program of the host.
        iifname @bridged drop
        iifname @taps goto from_tap
        ip saddr @guests4 iifname . ip saddr != @homes4 drop
        # Link-local addresses are not unique across links.
        ip6 saddr != fe80::/10 ip6 saddr @guests6 iifname . ip6 saddr != @homes6 drop
        ${dropUnknownTaps}
      }
      chain from_tap {
        iifname . ether saddr . ip saddr @sources4 accept
        iifname . ether saddr . ip6 saddr @sources6 accept
        ip6 saddr :: exthdr frag missing icmpv6 type nd-neighbor-solicit accept
        drop
      }

      # Fragments wait in kernel memory that all VMs share, so each VM has a limit.
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
        # This rule is first, so that a flood of one VM does not reach the resolver.
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

      # Packets to other MicroVMs and packets of the host keep their source address.
      chain way_out {
        type nat hook postrouting priority srcnat; policy accept;
        oifname @networks accept
        fib saddr type local accept
        ip saddr @masqueraded4 masquerade
        ip6 saddr @masqueraded6 masquerade
      }

      # The uplink can have a smaller MTU than the bridge, and some networks drop the ICMP message about it (RFC 2923, 2.1).
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
        ip saddr . ip daddr . meta l4proto . th dport @granted4 goto admit
        ip6 saddr . ip6 daddr . meta l4proto . th dport @granted6 goto admit
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
      # Limits the connections of a VM, so that it cannot fill the host's connection table.
      chain admit {
        ether saddr @full goto refuse
        add @connections { ether saddr ct count over ${toString connectionsPerInterface} } add @full { ether saddr } goto refuse
        # Each element counts the packets that match it.
        ip saddr . ip daddr . meta l4proto . th dport @admitted4 accept
        ip6 saddr . ip6 daddr . meta l4proto . th dport @admitted6 accept
        ${countAdmitted "ip" "4"}
        ${countAdmitted "ip6" "6"}
        accept
      }
      # Drop packets to a tap outside its bridge, even if the host has a route to it.
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

  # Packet sockets, such as those of DHCP and LLDP clients, receive frames of a tap outside its bridge before other tables do.
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
        ]) enforced
      )}
    }
  '';
}
