# systemd.* other than systemd.network.
{ lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  inherit (types) attrsOf commas either enum int lines listOf nullOr oneOf package path singleLineStr str submodule;
  inherit (lib.declare) flag many named option required;
  inherit (import ../unit-option.nix { inherit lib; }) unitOption;

  unitName = types.strMatching "[a-zA-Z0-9@%:_.\\-]+[.](service|socket|device|mount|automount|swap|target|path|timer|scope|slice)";
  units = names: lib.genAttrs names (_: many unitName);
  script = option lines "";

  unit = units [
    "after" "aliases" "before" "bindsTo" "conflicts" "onFailure" "onSuccess" "partOf" "requiredBy" "requires" "requisite"
    "upheldBy" "upholds" "wantedBy" "wants"
  ] // {
    enable = flag true;
    overrideStrategy = option (enum [ "asDropinIfExists" "asDropin" ]) "asDropinIfExists";
    description = option singleLineStr "";
    documentation = many str;
    unitConfig = named unitOption;
    startLimitBurst = required int;
    startLimitIntervalSec = required int;
    restartTriggers = many types.unspecified;
    reloadTriggers = many types.unspecified;
  };

  isOneOf = key: allowed: settings: !settings ? ${key} || builtins.isAttrs settings.${key} || builtins.elem settings.${key} allowed;
  service = unit // {
    environment = named (nullOr (oneOf [ str path package ]));
    path = many (either package str);
    serviceConfig = option
      (types.addCheck
        (types.addCheck (attrsOf unitOption) (isOneOf "Type" [ "exec" "simple" "forking" "oneshot" "dbus" "notify" "notify-reload" "idle" ]))
        (isOneOf "Restart" [ "no" "on-success" "on-failure" "on-abnormal" "on-abort" "always" ]))
      { };
    inherit script;
    scriptArgs = option str "";
    preStart = script;
    postStart = script;
    preStop = script;
    postStop = script;
    reload = script;
    restartIfChanged = flag true;
    reloadIfChanged = flag false;
    stopIfChanged = flag true;
    startAt = mkOption { type = either str (listOf str); default = [ ]; apply = lib.toList; };
  };
  socket = unit // { listenStreams = many str; listenDatagrams = many str; socketConfig = named unitOption; };
  timer = unit // { timerConfig = named unitOption; };
  mount = unit // {
    what = required str;
    where = required str;
    type = option str "";
    options = option commas "";
    mountConfig = named unitOption;
  };
  automount = unit // { where = required str; automountConfig = named unitOption; };

  of = options: named (submodule { inherit options; });

  rule = submodule ({ name, ... }: {
    options = {
      type = option str name;
      mode = option str "-";
      user = option str "-";
      group = option str "-";
      age = option str "-";
      argument = option str "";
    };
  });
in
{
  options.boot.initrd.systemd.services = of service;
  options.systemd = {
    package = option package pkgs.systemd;
    additionalUpstreamSystemUnits = many str;
    services = of service;
    sockets = of socket;
    timers = of timer;
    targets = of unit;
    slices = of (unit // { sliceConfig = named unitOption; });
    paths = of (unit // { pathConfig = named unitOption; });
    mounts = many (submodule { options = mount; });
    automounts = many (submodule { options = automount; });
    user = { services = of service; timers = of timer; sockets = of socket; targets = of unit; };
    packages = many package;
    generators = named path;
    globalEnvironment = named (nullOr (oneOf [ str path package ]));
    settings.Manager = named unitOption;
    sleep.extraConfig = option lines "";
    tmpfiles = {
      rules = many str;
      settings = named (attrsOf (attrsOf rule));
      packages = many package;
    };
    oomd.enable = flag true;
    tpm2.enable = flag true;
  };
}
