# microvm.nix restarts a VM when its guest changes; its runner may change alone.
{ config, lib, ... }:
{
  systemd.services = lib.mkIf config.microvm.host.enable (
    lib.concatMapAttrs (
      name:
      { evaluatedConfig, config, ... }:
      let
        guest = if evaluatedConfig != null then evaluatedConfig else config;
      in
      lib.optionalAttrs (guest != null) {
        "microvm@${name}".restartTriggers = [ guest.config.microvm.declaredRunner ];
      }
    ) config.microvm.vms
  );
}
