# The host module of microvm.nix without redundant units.
microvm:
{ config, lib, ... }:
let
  file = microvm.nixosModules.host;
  module = import file;

  # A unit of a VM that only repeats its template. Evaluating one takes longer than evaluating the runner of a VM.
  redundant = {
    overrideStrategy = "asDropin";
    path = lib.mkForce [ ];
    serviceConfig.X-RestartIfChanged = [
      ""
      false
    ];
  };
  withoutRedundant =
    host:
    if host ? config.content.systemd.services then
      lib.updateManyAttrsByPath [
        {
          path = [
            "config"
            "content"
            "systemd"
            "services"
          ];
          update = lib.filterAttrs (_: service: service != redundant);
        }
      ] host
    else
      host;
in
{
  disabledModules = [ file ];
  imports = [
    (lib.setDefaultModuleLocation file (
      lib.setFunctionArgs (given: withoutRedundant (module given)) (lib.functionArgs module)
    ))
  ];

  # microvm.nix restarts a VM when its guest changes, but its runner can change without its guest.
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
