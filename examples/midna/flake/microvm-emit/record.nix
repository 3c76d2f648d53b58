# A type for VMs and for list items such as interfaces and shares: an attribute set with declared options. It has no `config` and no
# `imports`, and takes one fifth of the function calls of a submodule. Two declarations of an option with this type are merged, so a host
# can add its own options.
{ lib }:
let
  record =
    options:
    let
      # The same for all values of the type, so the types of unset options are merged once.
      defaults = builtins.mapAttrs (
        name:
        { default, type, ... }:
        (lib.mergeDefinitions [ name ] type [
          {
            file = "the default";
            value = default;
          }
        ]).mergedValue
      ) (lib.filterAttrs (_: option: option ? default) options);
      required = builtins.attrNames (removeAttrs options (builtins.attrNames defaults));

      known = lib.concatStringsSep ", " (builtins.attrNames options);
      merge =
        loc: definitions:
        let
          defined = lib.zipAttrsWith (_: values: values) (
            map ({ file, value }: builtins.mapAttrs (_: value: { inherit file value; }) value) definitions
          );
          filesOf = lib.concatMapStringsSep ", " ({ file, ... }: toString file);
          unknown = removeAttrs defined (builtins.attrNames options);
          missing = builtins.filter (name: !defined ? ${name}) required;
          mergeOption =
            name: values:
            let
              inherit (options.${name}) type;
              place = loc ++ [ name ];
              inherit (builtins.head values) value;
              # Without `mkIf`, `mkForce` and the like, the type alone merges the value.
              isPlain = builtins.length values == 1 && !(builtins.isAttrs value && value ? _type);
              merged = lib.mergeDefinitions place type values;
            in
            builtins.addErrorContext "while evaluating the option `${lib.showOption place}':" (
              if isPlain && type.check value then
                type.merge place values
              # All definitions can be under a false `mkIf`.
              else if merged.isDefined then
                merged.mergedValue
              else
                defaults.${name} or (throw (undefined [ name ]))
            );
          named = names: lib.concatMapStringsSep ", " (name: "`${lib.showOption (loc ++ [ name ])}'") names;
          undefined =
            names: "The option ${named names} has no default and is not defined in ${filesOf definitions}.";
        in
        lib.throwIf (unknown != { })
          "The option ${named (builtins.attrNames unknown)} does not exist. It is defined in ${filesOf (lib.concatLists (builtins.attrValues unknown))}. Options of `${lib.showOption loc}': ${known}."
          (
            lib.throwIf (missing != [ ]) (undefined missing) (defaults // builtins.mapAttrs mergeOption defined)
          );
    in
    lib.mkOptionType {
      name = "record";
      description = "attribute set";
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
      functor = {
        name = "record";
        type = record;
        payload = options;
        binOp =
          a: b:
          let
            twice = builtins.attrNames (builtins.intersectAttrs a b);
          in
          # The later declaration would replace the type of the earlier one.
          lib.throwIf (
            twice != [ ]
          ) "These options of a VM are declared twice: ${lib.concatStringsSep ", " twice}." (a // b);
      };
    };
in
record
