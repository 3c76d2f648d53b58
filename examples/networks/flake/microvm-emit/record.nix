# A type for list items such as interfaces and shares: an attribute set with declared options. Unlike a submodule it has no `config`
# and `imports`, and needs a fifth of the function calls.
{ lib }:
options:
let
  defaults = builtins.mapAttrs (_: { default, ... }: default) (
    lib.filterAttrs (_: option: option ? default) options
  );
  required = builtins.attrNames (removeAttrs options (builtins.attrNames defaults));

  known = lib.concatStringsSep ", " (builtins.attrNames options);
  merge =
    loc: definitions:
    let
      defined = lib.zipAttrsWith (_: values: values) (
        map ({ file, value }: builtins.mapAttrs (_: value: { inherit file value; }) value) definitions
      );
      files = lib.concatMapStringsSep ", " ({ file, ... }: toString file) definitions;
      unknown = removeAttrs defined (builtins.attrNames options);
      missing = builtins.filter (name: !defined ? ${name}) required;
      mergeOption =
        name: values: (lib.mergeDefinitions (loc ++ [ name ]) options.${name}.type values).mergedValue;
    in
    lib.throwIf (unknown != { })
      "The option `${lib.showOption loc}' has no ${toString (builtins.attrNames unknown)}, which ${files} sets. It has: ${known}."
      (
        lib.throwIf (missing != [ ])
          "The option `${lib.showOption loc}' needs ${toString missing}, which ${files} does not set."
          (defaults // builtins.mapAttrs mergeOption defined)
      );
in
lib.mkOptionType {
  name = "record";
  description = "set";
  descriptionClass = "noun";
  check = builtins.isAttrs;
  inherit merge;
  getSubOptions =
    prefix:
    builtins.mapAttrs (
      name: option:
      option
      // {
        loc = prefix ++ [ name ];
        declarations = [ ];
      }
    ) options;
}
