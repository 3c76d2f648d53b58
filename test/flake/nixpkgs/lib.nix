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
    keep: set: removeAttrs set (builtins.filter (name: !keep name set.${name}) (builtins.attrNames set));
  optionalAttrs = condition: set: if condition then set else { };
  last = list: builtins.elemAt list (builtins.length list - 1);
  splitString = separator: string: builtins.filter builtins.isString (builtins.split separator string);
  fetchers.proxyImpureEnvVars = [
    "http_proxy"
    "https_proxy"
  ];
  licenses.mit = {
    spdxId = "MIT";
  };
}
