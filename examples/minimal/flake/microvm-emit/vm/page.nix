# The page about the limits of a VM, for its users and agents. It contains the names of secrets, not their values.
{ lib, host }:
name: vm:
let
  code = text: "`${text}`";
  codes = lib.concatMapStringsSep ", " code;
  mountPointOf = share: if share.mountPoint == null then share.source else share.mountPoint;
  portOf = port: if builtins.isInt port then "tcp/${toString port}" else port;
  destinationOf =
    { to, ports, ... }:
    code to + lib.optionalString (ports != null) " (${lib.concatMapStringsSep ", " portOf ports})";
  destinationsOf = lib.concatMapStringsSep ", " destinationOf;
  line = isShown: text: lib.optional isShown "- ${text}";

  workspaces = builtins.filter ({ tag, ... }: tag == "workspace") vm.shares;
  otherShares = builtins.filter (
    { tag, source, ... }: tag != "workspace" && source != "/nix/store"
  ) vm.shares;
  keptOn = builtins.filter (mountPoint: mountPoint != null) (
    map ({ mountPoint, ... }: mountPoint) vm.volumes
  );

  kept =
    lib.optional (workspaces != [ ] || otherShares != [ ]) "these folders"
    ++ lib.optional (keptOn != [ ]) (codes keptOn);

  work =
    map (share: "- Work in ${code (mountPointOf share)}, a folder of the host.") workspaces
    ++ lib.optionals (vm.repository != null) [
      "- Work in ${code vm.repository.mountPoint}, a Git repository on the disk of this machine."
      "- Commit your work to a branch: the user fetches commits, and sees nothing else. Do not push: there is no remote."
    ]
    ++
      line (otherShares != [ ])
        "Other folders of the host: ${
          lib.concatMapStringsSep ", " (
            share: code (mountPointOf share) + lib.optionalString share.readOnly " (read-only)"
          ) otherShares
        }."
    ++ [
      (
        if kept == [ ] then
          "- No file survives a restart: all are in memory."
        else
          "- Only ${lib.concatStringsSep " and " kept} survive a restart. All other files are in memory."
      )
    ];

  policies = {
    internet = "All public addresses, but not the host, private networks or other VMs.";
    allowlist = "Only the destinations below, by name. The DNS server refuses all other names.";
    none = "Only the destinations below.";
    open = "Everything that the host can reach. The host enforces no policy.";
  };
  reach =
    if vm.interfaces == [ ] then
      [ "- Nothing: this machine has no network." ]
    else
      line true policies.${vm.network}
      ++ line (
        vm.allow != [ ]
      ) "Allowed: ${destinationsOf vm.allow}. Without ports, the web ports 80 and 443."
      ++ line (vm.reachVms != [ ]) "Other VMs: ${destinationsOf vm.reachVms}. Without ports, every port."
      ++ line (vm.reachHost != [ ]) "Ports of the host: ${codes (map portOf vm.reachHost)}."
      ++
        line (vm.publish != [ ])
          "Ports of the host that lead here: ${
            lib.concatMapStringsSep ", " (
              port: "${port.proto}/${toString port.host} to ${toString port.guest}"
            ) vm.publish
          }.";
  blocked =
    line (vm.network != "open")
      "All other connections are blocked outside of this machine. A retry, a proxy or another port does not help.";
  keys =
    line (vm.keys != { })
      "API keys of ${codes (builtins.attrNames vm.keys)}: the host adds them to requests. They are not on this machine."
    ++
      line (vm.secrets != { })
        "Secrets in `/run/microvm-secrets`: ${codes (builtins.attrNames vm.secrets)}. Never print or commit them.";
in
''
  # The microVM ${name}

  You are in a microVM of the NixOS host ${host}. The host wrote this page when the VM started.

  ## Your work

  ${lib.concatStringsSep "\n" work}

  ## Network access

  ${lib.concatStringsSep "\n" (reach ++ blocked ++ keys)}

  ## How to ask for more

  You cannot change these limits from here, and you must not try to get around them. Tell the user what you need and why, with the setting
  of ${code name} in the config of microvm-emit:

  | you need                     | setting                         |
  | ---------------------------- | ------------------------------- |
  | a domain, address or subnet  | `allow: ["example.org"]`        |
  | a port of the host           | `reachHost: [8080]`             |
  | another VM                   | `reachVms: ["database:5432"]`   |
  | a program                    | `packages: ["ripgrep"]`         |
  | a folder of the host         | `shares`                        |

  On the host, `microvm-emit net ${name}` shows the refused connections of this machine. The user can allow a destination at once with
  `microvm-emit allow ${name} example.org`, or for an hour with `--for 1h`. Other changes need `microvm-emit` and
  `microvm-emit up ${name} --switch`.
''
