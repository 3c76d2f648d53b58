# Values of unit files, and sections whose fields are known.
{ lib }:
let
  inherit (builtins) attrNames concatLists elem filter toJSON trace;
  inherit (lib) concatStringsSep types;

  # Lists add up; anything else has to agree.
  unitOption = types.mkOptionType {
    name = "systemd option";
    class = "unnamed";
    merge = loc: defs:
      if builtins.any (d: builtins.isList d.value) defs
      then builtins.concatMap (d: lib.toList d.value) defs
      else types.mergeEqual loc defs;
  };

  # `fields` maps a field to the values it takes, or to null for any.
  section = name: { needs ? [ ] }: fields:
    let
      plain = v: if elem (v._type or null) [ "override" "if" ] then v.content else v;
      problems = definition: concatLists [
        (map (f: "[${name}] has no field `${f}'") (filter (f: !fields ? ${f}) (attrNames definition)))
        (map (f: "[${name}] lacks its field `${f}'") (filter (f: !definition ? ${f}) needs))
        (map (f: "[${name}] does not take ${toJSON (plain definition.${f})} in the field `${f}'") (filter
          (f: definition ? ${f} && fields.${f} != null && !elem (plain definition.${f}) fields.${f})
          (attrNames fields)))
      ];
    in
    types.addCheck (types.attrsOf unitOption) (definition:
      let found = problems definition; in
      found == [ ] || trace (concatStringsSep "\n" found) false);
in
{ inherit section unitOption; }
