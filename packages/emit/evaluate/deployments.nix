# What a deployment of each host of a flake installs, by host; nothing is built.
flake:
let
  inherit (builtins)
    concatMap
    listToAttrs
    mapAttrs
    tryEval
    unsafeDiscardStringContext
    ;
  pathOf = package: unsafeDiscardStringContext package.outPath;
  configOf =
    vm:
    if (vm.evaluatedConfig or null) != null then
      vm.evaluatedConfig.config
    else
      vm.config.config or null;

  # Names and versions of the packages of a system. A package that throws has none.
  packagesOf =
    config:
    listToAttrs (
      concatMap (
        package:
        let
          tried = tryEval {
            name = package.pname or package.name;
            value = unsafeDiscardStringContext (package.version or "");
          };
        in
        if tried.success && (tryEval tried.value.name).success && (tryEval tried.value.value).success then
          [ tried.value ]
        else
          [ ]
      ) config.environment.systemPackages
    );
  vmsOf = host: mapAttrs (_: configOf) host.config.microvm.vms;
  withConfig =
    read: vms:
    listToAttrs (
      concatMap (
        name:
        if vms.${name} == null then
          [ ]
        else
          [
            {
              inherit name;
              value = read vms.${name};
            }
          ]
      ) (builtins.attrNames vms)
    );
in
mapAttrs (_: host: {
  # The store paths that a switch installs.
  paths = {
    system = pathOf host.config.system.build.toplevel;
    vms = withConfig (config: pathOf config.microvm.declaredRunner) (vmsOf host);
  };
  packages = {
    host = packagesOf host.config;
    vms = withConfig packagesOf (vmsOf host);
  };
}) flake.nixosConfigurations
