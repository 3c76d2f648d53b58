rec {
  genAttrs =
    names: f:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = f name;
      }) names
    );
  filterAttrs =
    keep: set:
    removeAttrs set (builtins.filter (name: !keep name set.${name}) (builtins.attrNames set));
  optionalAttrs = condition: set: if condition then set else { };
  last = list: builtins.elemAt list (builtins.length list - 1);
  splitString =
    separator: string: builtins.filter builtins.isString (builtins.split separator string);
  hasPrefix = prefix: string: builtins.substring 0 (builtins.stringLength prefix) string == prefix;
  removeSuffix =
    suffix: string:
    let
      length = builtins.stringLength string - builtins.stringLength suffix;
    in
    if length >= 0 && builtins.substring length (-1) string == suffix then
      builtins.substring 0 length string
    else
      string;
  escapeShellArgs = builtins.concatStringsSep " ";
  makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);
  fetchers.proxyImpureEnvVars = [
    "http_proxy"
    "https_proxy"
  ];
  licenses.mit = {
    spdxId = "MIT";
  };
}
