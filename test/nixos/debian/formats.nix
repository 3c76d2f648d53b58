# `pkgs.formats`: JSON, which is also YAML, and INI. Other formats only need to evaluate.
{ lib, pkgs }:
let
  inherit (lib) types;
  value = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.float
      types.str
      types.path
      (types.attrsOf value)
      (types.listOf value)
    ]
  );
  parts.types = {
    atom = value;
    singleAtom = value;
  };
  json = _: {
    type = types.attrsOf value;
    generate = name: settings: pkgs.writeText name (builtins.toJSON settings);
    lib = parts;
  };
  ini =
    {
      listsAsDuplicateKeys ? false,
      ...
    }:
    {
      type = types.attrsOf (types.attrsOf value);
      generate = name: settings: pkgs.writeText name (lib.generators.toINI { inherit listsAsDuplicateKeys; } settings);
      lib = parts;
    };
  keyValue =
    {
      listsAsDuplicateKeys ? false,
      mkKeyValue ? lib.generators.mkKeyValueDefault { } "=",
      ...
    }:
    {
      type = types.attrsOf value;
      generate =
        name: settings: pkgs.writeText name (lib.generators.toKeyValue { inherit listsAsDuplicateKeys mkKeyValue; } settings);
    };
in
lib.genAttrs [
  "cdn"
  "configobj"
  "edn"
  "elixirConf"
  "hcl1"
  "hocon"
  "javaProperties"
  "json"
  "libconfig"
  "lua"
  "nixConf"
  "php"
  "plist"
  "pythonVars"
  "toml"
  "xml"
  "yaml"
  "yaml_1_1"
  "yaml_1_2"
] (_: json)
// {
  inherit keyValue;
  ini = ini;
  gitIni = ini;
  iniWithGlobalSection = ini;
  systemd = ini { listsAsDuplicateKeys = true; };
}
