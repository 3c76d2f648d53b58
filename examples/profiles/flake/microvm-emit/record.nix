# A type for list items such as interfaces and shares: an attribute set with declared options. It has no `config` and no `imports`,
# and takes one fifth of the function calls of a submodule.
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
      # All definitions can be under a false `mkIf`.
      mergeOption =
        name: values:
        let
          merged = lib.mergeDefinitions (loc ++ [ name ]) options.${name}.type values;
        in
        if merged.isDefined then merged.mergedValue else defaults.${name} or (throw (undefined [ name ]));
      named = names: lib.concatMapStringsSep ", " (name: "`${lib.showOption (loc ++ [ name ])}'") names;
      undefined = names: "The option ${named names} has no default and is not defined in ${files}.";
    in
    lib.throwIf (unknown != { })
      "The option ${named (builtins.attrNames unknown)} does not exist. It is defined in ${files}. Options of `${lib.showOption loc}': ${known}."
      (
        lib.throwIf (missing != [ ]) (undefined missing) (defaults // builtins.mapAttrs mergeOption defined)
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
