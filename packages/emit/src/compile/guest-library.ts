import { mountOptions } from "@microvm-emit/model";
import { type Expr, nix } from "@microvm-emit/nix-ast";
import type { NixFile } from "../file.js";

/** The functions that make VMs of guests, below `lib/`. */
export const guestLibrary = (): readonly NixFile[] =>
  Object.entries({ base64, "evaluate-guest": evaluateGuest, "start-vm": startVm }).map(([name, make]) => ({
    kind: "nix",
    path: `lib/${name}.nix`,
    isFixed: true,
    expr: make(),
  }));

/** Called as microvm.nix calls it for `microvm.vms.NAME.config` (nixos-modules/host/options.nix). */
const evaluateGuest = (): Expr => nix`
# The NixOS of a guest, made as microvm.nix makes that of a single VM.
{ inputs, pkgs }@host:
name:
{
  modules,
  specialArgs,
  pkgs ? host.pkgs,
  # With no package set of its own, as of the host.
  nixpkgs ? (if pkgs == null then host.pkgs else pkgs).path,
}:
let
  inherit (inputs.nixpkgs) lib;
  guest = import "\${nixpkgs}/nixos/lib/eval-config.nix" {
    inherit pkgs specialArgs;
    inherit ((if pkgs == null then host.pkgs else pkgs).stdenv.hostPlatform) system;
    prefix = [
      "guests"
      name
    ];
    modules = [ inputs.microvm.nixosModules.microvm ] ++ modules;
  };

  emptyItem =
    { loc, type, ... }:
    let
      definition = {
        file = "lib/evaluate-guest.nix";
        value = [ { } ];
      };
    in
    builtins.head (lib.mergeDefinitions loc type [ definition ]).mergedValue;
in
guest
// {
  # By option, an item of its list that says nothing. To find that out per VM would cost more than all else of it.
  defaults = builtins.mapAttrs (_: emptyItem) guest.options.microvm;
}
`;

const startVm = (): Expr => nix`
# A VM of a guest: the guest's NixOS as it is, and a runner that tells it which VM it is.
{ inputs, lib }:
let
  # As microvm.nix makes it of the host name.
  machineIdOf =
    name:
    let
      hash = builtins.hashString "sha256" "microvm.nix:\${name}";
      part = start: length: builtins.substring start length hash;
    in
    lib.concatStringsSep "-" [
      (part 0 8)
      (part 8 4)
      (part 12 4)
      (part 16 4)
      (part 20 12)
    ];

  # What is said of a part of an attribute leaves the rest of it.
  over =
    defaults: values:
    defaults
    // builtins.mapAttrs (
      name: value: if builtins.isAttrs value then defaults.\${name} // value else value
    ) values;

  # They write scripts from a VM's own interfaces and shares.
  scriptModules = map (file: import "\${inputs.microvm}/nixos-modules/microvm/\${file}") [
    "interfaces.nix"
    "virtiofsd"
  ];

  encode = import ./base64.nix { inherit lib; };
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

  own = builtins.mapAttrs (
    option: value:
    if builtins.isList value then map (over guest.defaults.\${option}) value else value
  ) microvm;

  # microvm.nix names sockets after the host name, which a guest of several VMs has none of.
  nameSocket =
    {
      proto,
      socket,
      tag,
      ...
    }@share:
    let
      unnamed = "-virtiofs-\${tag}.sock";
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
    volumes = map (volume: volume // volumes.\${volume.image} or { }) shared.volumes;
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
        file = "the microVM \${name}";
      };
      # What modules add to them comes last, as with \`mkAfter\`.
      scripts = map scriptsIn scriptModules ++ [ (removeAttrs shared.binScripts [ "virtiofsd-run" ]) ];
    in
    (lib.mergeDefinitions loc type (map definition scripts)).mergedValue;

  credentials =
    lib.mapAttrs' (link: lib.nameValuePair "network.network.\${link}") networks
    // lib.optionalAttrs (own.shares or [ ] != [ ]) {
      "fstab.extra" = lib.concatMapStrings mountOf own.shares;
    }
    // lib.optionalAttrs (environment != { }) {
      "vm.environment" = lib.concatStrings (
        lib.mapAttrsToList (variable: value: "export \${variable}=\\"\${value}\\"\\n") environment
      );
    };
  mountOf =
    {
      tag,
      mountPoint,
      proto,
      ...
    }:
    "\${tag} \${mountPoint} \${proto} \${mountOptions.\${proto}}\\n";
  mountOptions = {
    virtiofs = ${mountOptions.virtiofs};
    "9p" = ${mountOptions["9p"]};
  };

  # Everyone in the guest can read it.
  identity = [
    "systemd.hostname=\${name}"
  ]
  ++ lib.optional (machineId != null) "systemd.machine_id=\${lib.replaceStrings [ "-" ] [ "" ] machineId}"
  ++ lib.mapAttrsToList (
    credential: text: "systemd.set_credential_binary=\${credential}:\${encode text}"
  ) credentials;

  # A kernel takes 2047 characters, some of which are the hypervisor's.
  checked =
    parameters:
    lib.throwIf (builtins.stringLength (toString parameters) > 1850)
      "The kernel's command line of \${name} is too long. In microvm-emit's config, give the VM \`guest: \\"own\\"\`."
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
`;

const base64 = (): Expr => nix`
# Base64 of ASCII text. Nix replaces many texts in one go, which takes it far less than to count with each character.
{ lib }:
let
  bits = width: number: lib.fixedWidthString width "0" (lib.concatMapStrings toString (lib.toBaseDigits 2 number));
  alphabet = lib.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  sextets = lib.genList (bits 6) 64;
  characters = [
    "\\n"
  ]
  ++ lib.stringToCharacters (
    " !\\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_\`abcdefghijklmnopqrstuvwxyz{|}~"
  );
  octets = map (character: bits 8 (lib.strings.charToInt character)) characters;
in
text:
let
  length = builtins.stringLength text;
  # To a whole group of three characters.
  missing = lib.mod (2 * length) 3;
  repeat = filler: lib.concatStrings (lib.replicate missing filler);
  encoded = builtins.replaceStrings characters octets text;
in
lib.throwIf (builtins.stringLength encoded != 8 * length)
  "Only printable ASCII and line breaks can be told to a guest at boot: \${text}"
  (builtins.replaceStrings sextets alphabet (encoded + repeat "00") + repeat "=")
`;
