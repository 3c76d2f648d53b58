# nix.*
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  inherit (types) attrsOf bool either float int lines listOf nullOr oneOf package path singleLineStr str submodule;
  inherit (lib.declare) flag many named option;

  atom = nullOr (oneOf [ bool int float str path package ]);
  dates = default: mkOption { type = either singleLineStr (listOf str); inherit default; apply = lib.toList; };
in
{
  options.nix = {
    enable = flag true;
    package = option package pkgs.nix;
    channel.enable = flag true;
    extraOptions = option lines "";
    nixPath = many str;
    registry = named types.attrs;
    settings = option
      (submodule {
        freeformType = attrsOf (either atom (listOf atom));
        options = {
          max-jobs = option (either int (types.enum [ "auto" ])) "auto";
          auto-optimise-store = flag false;
          cores = option int 0;
          sandbox = option (either bool (types.enum [ "relaxed" ])) true;
          extra-sandbox-paths = many str;
          substituters = many str;
          trusted-substituters = many str;
          trusted-public-keys = many str;
          trusted-users = option (listOf str) [ "root" ];
          allowed-users = option (listOf str) [ "*" ];
          require-sigs = flag true;
        };
      })
      { };
    gc = {
      automatic = flag false;
      dates = dates [ "03:15" ];
      randomizedDelaySec = option singleLineStr "0";
      options = option singleLineStr "";
      persistent = flag true;
    };
    optimise = { automatic = flag false; dates = dates [ "03:45" ]; };
    daemonCPUSchedPolicy = option (types.enum [ "other" "batch" "idle" ]) "other";
    distributedBuilds = flag false;
  };

  config.nix.settings.substituters = lib.mkAfter [ "https://cache.nixos.org/" ];
  config.assertions = [
    { assertion = config.nix.gc.automatic -> config.nix.enable; message = "nix.gc.automatic requires nix.enable"; }
  ];
}
