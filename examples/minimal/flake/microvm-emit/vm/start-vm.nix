# A VM of a shared guest: the NixOS of the guest without changes, and a separate runner that passes the identity of the VM at boot.
{ inputs, lib }:
let
  # microvm.nix derives the machine id from the host name in the same way.
  machineIdOf =
    name:
    let
      hash = builtins.hashString "sha256" "microvm.nix:${name}";
      part = start: length: builtins.substring start length hash;
    in
    lib.concatStringsSep "-" [
      (part 0 8)
      (part 8 4)
      (part 12 4)
      (part 16 4)
      (part 20 12)
    ];

  # Recursive merge, one level deep.
  over =
    defaults: values:
    defaults
    // builtins.mapAttrs (
      name: value: if builtins.isAttrs value then defaults.${name} // value else value
    ) values;

  # Modules of microvm.nix that generate the scripts for interfaces and shares.
  scriptModules = map (file: import "${inputs.microvm}/nixos-modules/microvm/${file}") [
    "interfaces.nix"
    "virtiofsd"
  ];

  encode = import ./base64.nix { inherit lib; };
in
{
  name,
  guest,
  # Options of microvm.nix for this VM.
  microvm,
  # Options of the volumes, by image name in the guest.
  volumes ? { },
  # Interfaces in the form of links.nix.
  links ? [ ],
  nameservers ? [ ],
  environment ? { },
  machineId ? machineIdOf name,
}:
let
  inherit (guest) pkgs;
  shared = guest.config.microvm;

  own = builtins.mapAttrs (
    option: value: if builtins.isList value then map (over guest.defaults.${option}) value else value
  ) microvm;

  # microvm.nix names sockets after the host name, which is empty in a shared guest.
  nameSocket =
    {
      proto,
      socket,
      tag,
      ...
    }@share:
    let
      unnamed = "-virtiofs-${tag}.sock";
    in
    if proto == "virtiofs" && (socket == null || socket == unnamed) then
      share // { socket = name + unnamed; }
    else
      share;

  machine = over shared own // {
    inherit binScripts machineId;
    hostName = name;
    interfaces = shared.interfaces ++ own.interfaces or [ ];
    shares = map nameSocket (shared.shares ++ own.shares or [ ]);
    volumes = map (volume: volume // volumes.${volume.image} or { }) shared.volumes;
    kernelParams = checked (shared.kernelParams ++ identity);
    declaredRunner = runner;
  };

  scriptsIn =
    module:
    (module {
      inherit lib pkgs;
      config = {
        microvm = machine;
        networking.hostName = name;
      };
    }).microvm.binScripts;
  binScripts =
    let
      inherit (guest.options.microvm.binScripts) loc type;
      definition = value: {
        inherit value;
        file = "the microVM ${name}";
      };
      # microvm.nix appends the scripts of its modules with `mkAfter`.
      scripts = map scriptsIn scriptModules ++ [ (removeAttrs shared.binScripts [ "virtiofsd-run" ]) ];
    in
    (lib.mergeDefinitions loc type (map definition scripts)).mergedValue;

  credentials =
    lib.listToAttrs (
      lib.imap0 (
        position: link:
        lib.nameValuePair "network.network.${link.name}" (
          linkFile link (lib.optionals (position == 0) nameservers)
        )
      ) links
    )
    // lib.optionalAttrs (own.shares or [ ] != [ ]) {
      "fstab.extra" = lib.concatMapStrings mountOf own.shares;
    }
    // lib.optionalAttrs (environment != { }) {
      "vm.environment" = lib.concatStrings (
        lib.mapAttrsToList (variable: value: "export ${variable}=\"${value}\"\n") environment
      );
    };
  # A .network file. `Type=` would also match taps of the guest itself.
  linkFile =
    link: servers:
    lib.concatStringsSep "\n" (
      [ (section "Match" [ "PermanentMACAddress=${link.mac}" ]) ]
      ++ section' "Network" (
        settings link.network
        ++ map (address: "Address=${address}") link.addresses
        ++ map (server: "DNS=${server}") servers
      )
      ++ section' "DHCPv4" (settings link.dhcpV4)
      ++ map (route: section "Route" (settings route)) link.routes
    );
  section = name: lines: "[${name}]\n${lib.concatMapStrings (line: "${line}\n") lines}";
  section' = name: lines: lib.optional (lines != [ ]) (section name lines);
  settings = lib.mapAttrsToList (
    key: value: "${key}=${if builtins.isBool value then lib.boolToString value else value}"
  );
  mountOf =
    {
      tag,
      mountPoint,
      proto,
      ...
    }:
    "${tag} ${mountPoint} ${proto} ${mountOptions.${proto}}\n";
  mountOptions = {
    virtiofs = "defaults";
    "9p" = "trans=virtio,version=9p2000.L,msize=65536";
  };

  # Every user of the guest can read the kernel's command line, so it must not contain secrets.
  identity = [
    "systemd.hostname=${name}"
  ]
  ++
    lib.optional (machineId != null)
      "systemd.machine_id=${lib.replaceStrings [ "-" ] [ "" ] machineId}"
  ++ lib.mapAttrsToList (
    credential: text: "systemd.set_credential_binary=${credential}:${encode text}"
  ) credentials;

  # The kernel accepts 2047 characters, and the hypervisor adds some.
  checked =
    parameters:
    lib.throwIf (builtins.stringLength (toString parameters) > 1850)
      "The kernel command line of ${name} is too long. Set `guest: \"own\"` on this VM in microvm-emit's config."
      parameters;

  runner = inputs.microvm.lib.buildRunner {
    inherit pkgs;
    microvmConfig = machine;
    inherit (guest.config.system.build) toplevel;
  };
in
guest
// {
  config = guest.config // {
    networking = guest.config.networking // {
      hostName = name;
    };
    microvm = machine;
  };
}
