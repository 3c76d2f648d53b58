# system.*, assertions, warnings and nixpkgs.*: the options behind a system derivation.
{ config, options, lib, pkgs, ... }:
let
  inherit (lib) types mkOption optional;
  inherit (lib.declare) flag many maybe named option required;

  cfg = config.nixpkgs;
  built =
    if options.nixpkgs.pkgs.isDefined
    then (if cfg.overlays == [ ] then cfg.pkgs else cfg.pkgs.appendOverlays cfg.overlays)
    else import ../.. { system = cfg.hostPlatform.system; inherit (cfg) config overlays; };

  failed = map (a: a.message) (builtins.filter (a: !a.assertion) config.assertions);

  # Dependencies of a real system.  (These two have no default.)
  plain = lib.mapAttrs (_: service: removeAttrs service [ "startLimitBurst" "startLimitIntervalSec" ]);
  contents = {
    boot = { inherit (config.boot) blacklistedKernelModules kernel kernelModules kernelParams; };
    environment = { inherit (config.environment) etc extraInit sessionVariables shellAliases variables; };
    packages = map toString config.environment.systemPackages;
    networking = { inherit (config.networking) firewall hostName hosts nameservers nat nftables; };
    networkd = { inherit (config.systemd.network) links netdevs networks; };
    nix = { inherit (config.nix) gc settings; };
    openssh = config.services.openssh.hostKeys;
    services = plain config.systemd.services;
    systemd = { inherit (config.systemd) additionalUpstreamSystemUnits settings tmpfiles; timers = plain config.systemd.timers; mounts = map (m: m.where) config.systemd.mounts; };
    system = { inherit (config.system) activationScripts stateVersion; };
    users = { inherit (config.users) groups users; };
    inherit (config) fileSystems;
  };
in
{
  options = {
    assertions = option (types.listOf types.unspecified) [ ];
    warnings = many types.str;
    meta = option types.attrs { };

    system = {
      build = option
        (types.submodule {
          freeformType = types.lazyAttrsOf (types.uniq types.unspecified);
          options.toplevel = required types.package;
        })
        { };
      name = option types.str (if config.networking.hostName == "" then "unnamed" else config.networking.hostName);
      stateVersion = option types.str lib.release;
      nixos.label = option types.str "test";
      switch.enable = flag true;
      activationScripts = named (types.either types.str (types.submodule {
        options = { deps = many types.str; text = required types.lines; supportsDryActivation = flag false; };
      }));
      autoUpgrade = { enable = flag false; flake = maybe types.str; dates = option types.str "04:40"; allowReboot = flag false; flags = many types.str; };
      boot.loader = { initrdFile = option types.str "initrd"; kernelFile = option types.str "bzImage"; };
    };

    nixpkgs = {
      flake.source = maybe (types.either types.str types.path);
      pkgs = required types.pkgs;
      config = option types.anything { };
      overlays = option (types.listOf (types.functionTo (types.functionTo (types.lazyAttrsOf types.unspecified)))) [ ];
      system = option types.str (throw "Neither `nixpkgs.hostPlatform' nor the `system' of nixosSystem is set.");
      hostPlatform = mkOption {
        type = types.either types.str types.attrs;
        default = cfg.system;
        apply = platform: if builtins.isString platform then { system = platform; } else platform;
      };
    };
  };

  config = {
    _module.args = {
      pkgs = lib.mkOptionDefault built;
      utils.escapeSystemdPath = lib.replaceStrings [ "/" ] [ "-" ];
    };

    assertions = [
      {
        assertion = options.nixpkgs.pkgs.isDefined -> cfg.config == { };
        message = "nixpkgs.config does nothing to packages that were made elsewhere (nixpkgs.pkgs): configure them there.";
      }
    ];

    warnings = optional (!options.system.stateVersion.isSet) "system.stateVersion is not set, defaulting to ${lib.release}.";

    system.build.toplevel =
      if failed != [ ]
      then throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (m: "- ${m}") failed}"
      else lib.foldr lib.warn
        (derivation {
          name = "nixos-system-${config.system.name}-${config.system.nixos.label}";
          system = pkgs.stdenv.hostPlatform.system;
          builder = "/bin/sh";
          contents = builtins.toJSON contents;
        })
        config.warnings;
  };
}
