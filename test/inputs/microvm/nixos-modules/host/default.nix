# The host: one set of units a VM, and guests evaluated from `microvm.vms.<name>.config`.
{ config, lib, pkgs, ... }:
let
  inherit (lib) concatMap concatMapAttrs mapAttrs' mkDefault mkForce nameValuePair types;
  inherit (types) deferredModule nullOr path str submodule unspecified;
  inherit (lib.declare) flag many maybe named option;
  inherit (builtins) attrNames filter listToAttrs;

  cfg = config.microvm;
  user = "microvm";
  group = "kvm";

  # One more value than NixOS modules have: a whole NixOS configuration.
  system = name: vm: types.mkOptionType {
    name = "Toplevel NixOS config";
    class = "composite";
    merge = _: defs: import "${toString vm.nixpkgs}/nixos/lib/eval-config.nix" {
      inherit (vm) extraModules pkgs specialArgs;
      system = (if vm.pkgs != null then vm.pkgs else pkgs).stdenv.hostPlatform.system;
      prefix = [ "microvm" "vms" name "config" ];
      modules = [
        { _file = ./default.nix; networking.hostName = mkDefault name; }
        ../microvm
      ] ++ map (d: d.value) defs;
    };
  };

  vmModule = { config, name, ... }: {
    options = {
      autostart = flag true;
      config = maybe (system name config);
      evaluatedConfig = maybe unspecified;
      extraModules = many deferredModule;
      flake = maybe path;
      nixpkgs = option path (if config.pkgs != null then config.pkgs.path else pkgs.path);
      pkgs = option (nullOr unspecified) pkgs;
      restartIfChanged = flag (config.config != null);
      specialArgs = named unspecified;
      updateFlake = maybe str;
    };
  };

  guestOf = name: vm:
    if vm.flake != null then vm.flake.nixosConfigurations.${name}.config
    else if vm.evaluatedConfig != null then vm.evaluatedConfig.config
    else vm.config.config;

  # The units that every VM instantiates.
  instances = [ "microvm-tap-interfaces" "microvm-macvtap-interfaces" "microvm-pci-devices" "microvm-virtiofsd" "microvm-set-booted" ];

  unitsOf = name: vm:
    let
      guest = guestOf name vm;
      runner = guest.microvm.declaredRunner;
      dropin = {
        serviceConfig.X-RestartIfChanged = [ "" vm.restartIfChanged ];
        path = mkForce [ ];
        overrideStrategy = "asDropin";
      };
    in
    {
      "install-microvm-${name}" = {
        description = "Install MicroVM '${name}'";
        before = map (unit: "${unit}@${name}.service") ([ "microvm" ] ++ instances);
        partOf = [ "microvm@${name}.service" ];
        wantedBy = [ "microvms.target" ];
        serviceConfig = { Type = "oneshot"; SyslogIdentifier = "install-microvm-${name}"; };
        script = ''
          ln -sTf ${runner} ${cfg.stateDir}/${name}/current
        '' + (if vm.flake != null
        then "echo '${if vm.updateFlake != null then vm.updateFlake else vm.flake}' > ${cfg.stateDir}/${name}/flake\n"
        else "ln -sTf ${guest.system.build.toplevel} ${cfg.stateDir}/${name}/toplevel\n");
      };
      "microvm@${name}" = dropin // {
        restartTriggers = [ guest.system.build.toplevel ];
        serviceConfig = dropin.serviceConfig // { Type = if runner.supportsNotifySocket then "notify" else "simple"; };
      };
    } // listToAttrs (map (unit: nameValuePair "${unit}@${name}" dropin) [ "microvm-tap-interfaces" "microvm-pci-devices" "microvm-virtiofsd" ]);

  templates = mapAttrs' (unit: nameValuePair "${unit}@") (lib.genAttrs instances (unit: {
    description = "${unit} of MicroVM '%i'";
    before = [ "microvm@%i.service" ];
    after = lib.optional (unit != "microvm-set-booted") "microvm-set-booted@%i.service";
    partOf = [ "microvm@%i.service" ];
    restartIfChanged = false;
    serviceConfig = if unit == "microvm-virtiofsd" then {
      Type = "notify";
      NotifyAccess = "all";
      WorkingDirectory = "${cfg.stateDir}/%i";
      ExecStart = "${cfg.stateDir}/%i/current/bin/virtiofsd-run";
      LimitNOFILE = 1048576;
      PrivateTmp = "yes";
      KillMode = "mixed";
      Restart = "always";
      RestartSec = "5s";
    }
    else { Type = "oneshot"; RemainAfterExit = true; };
  }) // {
    microvm = {
      description = "MicroVM '%i'";
      requires = map (unit: "${unit}@%i.service") instances;
      after = [ "network.target" "systemd-modules-load.service" ] ++ map (unit: "${unit}@%i.service") instances;
      unitConfig.ConditionPathExists = "${cfg.stateDir}/%i/current/bin/microvm-run";
      restartIfChanged = false;
      serviceConfig = {
        Type = if cfg.host.useNotifySockets then "notify" else "simple";
        WorkingDirectory = "${cfg.stateDir}/%i";
        ExecStart = "${cfg.stateDir}/%i/current/bin/microvm-run";
        ExecStop = "${cfg.stateDir}/%i/booted/bin/microvm-shutdown";
        NotifyAccess = "all";
        LimitNOFILE = 1048576;
        TimeoutSec = cfg.host.startupTimeout;
        Restart = "always";
        RestartSec = "5s";
        User = user;
        Group = group;
        LimitMEMLOCK = "infinity";
      };
    };
  });

  directories = name: vm: listToAttrs (map
    (share: nameValuePair share.source { d = { user = ":${user}"; group = ":${group}"; mode = ":0775"; }; })
    (filter (share: share.source != "/nix/store") (guestOf name vm).microvm.shares));
in
{
  options.microvm = {
    autostart = many str;
    host = { enable = flag true; startupTimeout = option types.ints.positive 150; useNotifySockets = flag false; };
    stateDir = option path "/var/lib/microvms";
    vms = named (submodule vmModule);
  };

  config = lib.mkIf cfg.host.enable {
    assertions = concatMap
      (name: map
        (attribute: {
          assertion = cfg.vms.${name}.config != null -> cfg.vms.${name}.${attribute} == null;
          message = "microvm.vms.${name} has a config, which excludes ${attribute}.";
        }) [ "flake" "updateFlake" ])
      (attrNames cfg.vms);

    microvm.autostart = filter (name: cfg.vms.${name}.autostart) (attrNames cfg.vms);

    boot.kernelModules = [ "tap" "vhost_net" ];
    environment.etc."qemu/bridge.conf".text = mkDefault "allow all\n";
    hardware.ksm.enable = mkDefault true;
    users.users.${user} = { isSystemUser = true; inherit group; };
    security.pam.loginLimits = map (type: { domain = user; item = "memlock"; inherit type; value = "infinity"; }) [ "hard" "soft" ];

    systemd = {
      services = templates // concatMapAttrs unitsOf cfg.vms;
      targets.microvms = { wantedBy = [ "multi-user.target" ]; wants = map (name: "microvm@${name}.service") cfg.autostart; };
      tmpfiles.settings."10-microvm" = { ${cfg.stateDir}.d = { inherit user group; mode = "0775"; }; } // concatMapAttrs directories cfg.vms;
    };
  };
}
