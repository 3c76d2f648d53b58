# A VM of a guest: the guest's NixOS as it is, and a runner that tells it which VM it is.
{ inputs, lib }:
let
  # As microvm.nix makes it of the host name.
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
in
{
  name,
  guest,
  # Options of microvm.nix that are this VM's own.
  microvm,
  # By the image that the guest names, what is this VM's own of a volume.
  volumes ? { },
  # Files of systemd-networkd by name.
  networks ? { },
  environment ? { },
  machineId ? machineIdOf name,
}:
let
  inherit (guest) pkgs;
  shared = guest.config.microvm;

  definition = value: {
    inherit value;
    file = "the microVM ${name}";
  };
  merged =
    option: values:
    (lib.mergeDefinitions [ "microvm" option ] guest.options.microvm.${option}.type (
      map definition values
    )).mergedValue;
  # Items of lists get their defaults from the option that they are of.
  own = builtins.mapAttrs (
    option: value: if builtins.isList value then merged option [ value ] else value
  ) microvm;

  # microvm.nix names sockets after the host name, which a guest of several VMs has none of.
  nameSocket =
    { socket, ... }@share:
    share // { socket = if lib.hasPrefix "-" (toString socket) then name + socket else socket; };

  machine = lib.recursiveUpdate shared own // {
    inherit binScripts machineId;
    hostName = name;
    interfaces = shared.interfaces ++ own.interfaces or [ ];
    shares = map nameSocket (shared.shares ++ own.shares or [ ]);
    volumes = map (volume: volume // volumes.${volume.image} or { }) shared.volumes;
    kernelParams = checked (shared.kernelParams ++ identity);
    declaredRunner = runner;
  };

  # microvm.nix writes these from a VM's own interfaces and shares.
  scriptsIn =
    file:
    (import "${inputs.microvm}/nixos-modules/microvm/${file}" {
      inherit lib pkgs;
      config = {
        microvm = machine;
        networking.hostName = name;
      };
    }).microvm.binScripts;
  binScripts = merged "binScripts" [
    (scriptsIn "interfaces.nix")
    (scriptsIn "virtiofsd")
    # What modules add to them comes last, as with `mkAfter`.
    (removeAttrs shared.binScripts [ "virtiofsd-run" ])
  ];

  encode = import ./base64.nix { inherit lib; };
  credentials =
    lib.mapAttrs' (link: lib.nameValuePair "network.network.${link}") networks
    // lib.optionalAttrs (own.shares or [ ] != [ ]) {
      "fstab.extra" = lib.concatMapStrings mountOf own.shares;
    }
    // lib.optionalAttrs (environment != { }) {
      "vm.environment" = lib.concatStrings (
        lib.mapAttrsToList (variable: value: "export ${variable}=\"${value}\"\n") environment
      );
    };
  mountOf =
    {
      tag,
      mountPoint,
      proto,
      ...
    }:
    "${tag} ${
      builtins.replaceStrings [ " " ] [ "\\040" ] mountPoint
    } ${proto} ${mountOptions.${proto}}\n";
  mountOptions = {
    virtiofs = "defaults";
    "9p" = "trans=virtio,version=9p2000.L,msize=65536";
  };

  # Everyone in the guest can read it.
  identity = [
    "systemd.hostname=${name}"
  ]
  ++
    lib.optional (machineId != null)
      "systemd.machine_id=${lib.replaceStrings [ "-" ] [ "" ] machineId}"
  ++ lib.mapAttrsToList (
    credential: text: "systemd.set_credential_binary=${credential}:${encode text}"
  ) credentials;

  # A kernel takes 2047 characters, some of which are the hypervisor's.
  checked =
    parameters:
    lib.throwIf (builtins.stringLength (toString parameters) > 1850)
      "The kernel's command line of ${name} is too long. In microvm-emit's config, give the VM `guest: \"own\"`."
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
