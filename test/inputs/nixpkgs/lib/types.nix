# The option types.  A type is { name, description, check, eval }; `eval loc defs` merges checked
# definitions to { value, parts } (see modules.nix), and `empty` is the value of no definition.
{ lib }:
let
  inherit (builtins)
    all any attrValues concatLists concatMap elem filter foldl' head isAttrs isBool isFloat isInt
    isList isPath isString isFunction length mapAttrs match stringLength substring tail toJSON
    zipAttrsWith;
  inherit (lib)
    concatStringsSep evalModules imap1 isDerivation isStringLike last mergeDefinitions mkOptionDefault
    conflictAdvice showDefs showOption toList;

  values = map (d: d.value);

  mergeOne = loc: defs:
    if length defs == 1 then (head defs).value
    else throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique. Definition values:${showDefs defs}${conflictAdvice}";

  mergeEqual = loc: defs:
    if all (v: v == (head defs).value) (values (tail defs)) then (head defs).value
    else throw "The option `${showOption loc}' has conflicting definition values:${showDefs defs}${conflictAdvice}";

  # The type of an option without one.
  mergeLoosely = loc: defs:
    let list = values defs; in
    if length list == 1 then head list
    else if all isList list then concatLists list
    else if all isAttrs list then foldl' (a: b: a // b) { } list
    else if all isBool list then any (x: x) list
    else if all isString list then concatStringsSep "" list
    else if all isFunction list then x: mergeLoosely loc (map (d: d // { value = d.value x; }) defs)
    else mergeEqual loc defs;

  mergeDeeply = loc: defs:
    let
      list = values defs;
      below = name: at: (mergeDefinitions (loc ++ [ name ]) types.anything at).mergedValue;
    in
    if all isDerivation list then mergeEqual loc defs
    else if all isAttrs list then mapAttrs below (byName defs)
    else if all isList list && length list > 1 then concatLists list
    else if all isFunction list then x: mergeDeeply (loc ++ [ "<function body>" ]) (map (d: d // { value = d.value x; }) defs)
    else mergeEqual loc defs;

  # Definitions of attribute sets, as definitions by attribute.
  byName = defs: zipAttrsWith (_: at: at) (map (d: mapAttrs (_: value: { inherit (d) file; inherit value; }) d.value) defs);

  # `class` tells where a description needs parentheses: "unnamed" everywhere, "noun" nowhere.
  mkOptionType = { name, description ? name, class ? "noun", check ? (_: true), merge ? mergeEqual, ... }@type: {
    _type = "option-type";
    eval = loc: defs: { value = merge loc defs; parts = [ ]; };
    inherit name description class check;
    merge = if type ? eval then loc: defs: (type.eval loc defs).value else merge;
  } // type;

  phrase = classes: type: if elem type.class classes then type.description else "(${type.description})";

  scalar = name: description: check: mkOptionType { inherit name description check; };
  addCheck = type: check: type // { check = v: type.check v && check v; };
  qualified = name: description: type: type // { inherit name description; class = "nonRestrictiveClause"; };

  between = low: high:
    qualified "intBetween" "integer between ${toString low} and ${toString high} (both inclusive)"
      (addCheck types.int (v: v >= low && v <= high));

  bits = n: high: between 0 high // {
    name = "unsignedInt${toString n}";
    description = "${toString n} bit unsigned integer; between 0 and ${toString high} (both inclusive)";
    class = "noun";
  };

  listEval = elemType: loc: defs:
    let
      entry = n: d: imap1
        (m: value: mergeDefinitions (loc ++ [ "[definition ${toString n}-entry ${toString m}]" ]) elemType [ { inherit (d) file; inherit value; } ])
        d.value;
      merged = filter (m: m.isDefined) (concatLists (imap1 entry defs));
    in
    { value = map (m: m.mergedValue) merged; parts = merged; };

  attrsEval = lazy: elemType: loc: defs:
    let
      merged = mapAttrs (name: mergeDefinitions (loc ++ [ name ]) elemType) (byName defs);
      defined = if lazy then merged else lib.filterAttrs (_: m: m.isDefined) merged;
    in
    { value = mapAttrs (_: m: m.mergedValue) defined; parts = attrValues defined; };

  isModule = v: isAttrs v || isFunction v || isPath v;

  submoduleWith = { modules, specialArgs ? { }, shorthandOnlyDefinesConfig ? false, description ? "submodule", class ? null }:
    let
      base = modules;
      asModule = { file, value }:
        if shorthandOnlyDefinesConfig && isAttrs value then { _file = file; config = value; }
        else { _file = file; imports = [ value ]; };
      evaluate = loc: defs:
        let
          result = evalModules {
            inherit specialArgs class;
            prefix = loc;
            modules = base ++ [ { _file = "<submodule>"; config._module.args.name = mkOptionDefault (last loc); } ] ++ map asModule defs;
          };
        in
        { value = result.config; parts = result.set; };
      named = description: mkOptionType {
        name = "submodule";
        inherit description;
        class = "unnamed";
        check = isModule;
        eval = evaluate;
        empty = (evaluate [ "<name>" ] [ ]).value;
        modules = base;
        # A further declaration of an option with this type.
        extend = other: submoduleWith { modules = base ++ other.modules; inherit specialArgs shorthandOnlyDefinesConfig description class; };
      };
      freeforms = concatMap (m: lib.optional (isAttrs m && m ? freeformType) m.freeformType) modules;
    in
    if freeforms == [ ] || description != "submodule" then named description
    else named "open submodule of ${phrase [ "noun" "composite" ] (head freeforms)}" // { class = "composite"; };

  types = {
    bool = scalar "bool" "boolean" isBool;
    int = scalar "int" "signed integer" isInt;
    float = scalar "float" "floating point number" isFloat;
    number = types.either types.int types.float;
    str = scalar "str" "string" isString;

    ints = {
      inherit between;
      unsigned = qualified "unsignedInt" "unsigned integer, meaning >=0" (addCheck types.int (v: v >= 0));
      positive = qualified "positiveInt" "positive integer, meaning >0" (addCheck types.int (v: v > 0));
      u8 = bits 8 255;
      u16 = bits 16 65535;
      u32 = bits 32 4294967295;
    };
    port = types.ints.u16;

    nonEmptyStr = scalar "nonEmptyStr" "non-empty string" (v: isString v && match "[ \t\n]*" v == null);
    strMatching = pattern: scalar "strMatching" "string matching the pattern ${pattern}" (v: isString v && match pattern v != null);
    singleLineStr = mkOptionType {
      name = "singleLineStr";
      description = "(optionally newline-terminated) single-line string";
      check = v: isString v && match "[^\n\r]*\n?" v != null;
      merge = loc: defs: lib.removeSuffix "\n" (mergeEqual loc defs);
    };
    separatedString = sep: mkOptionType {
      name = "separatedString";
      description = if sep == "" then "Concatenated string" else "strings concatenated with ${toJSON sep}";
      check = isString;
      merge = _: defs: concatStringsSep sep (values defs);
    };
    lines = types.separatedString "\n";
    commas = types.separatedString ",";
    envVar = types.separatedString ":";
    passwdEntry = type:
      qualified "passwdEntry" "${type.description}, not containing newlines or colons"
        (addCheck type (v: match "[^:\n]*" (toString v) != null));

    path = scalar "path" "absolute path" (v: isStringLike v && substring 0 1 (toString v) == "/");
    package = mkOptionType {
      name = "package";
      check = v: isDerivation v || (isStringLike v && substring 0 (stringLength builtins.storeDir) (toString v) == builtins.storeDir);
      merge = mergeOne;
    };
    shellPackage = types.package // { check = v: isDerivation v && v ? shellPath; };
    pkgs = scalar "pkgs" "Nixpkgs package set" (v: v._type or null == "pkgs");

    enum = allowed: mkOptionType {
      name = "enum";
      description =
        if length allowed == 1 then "value ${toJSON (head allowed)} (singular enum)"
        else "one of ${concatStringsSep ", " (map toJSON allowed)}";
      class = if length allowed == 1 then "noun" else "conjunction";
      check = v: elem v allowed;
    };

    raw = mkOptionType { name = "raw"; description = "raw value"; merge = mergeOne; };
    unspecified = mkOptionType { name = "unspecified"; description = "unspecified value"; merge = mergeLoosely; };
    anything = mkOptionType { name = "anything"; merge = mergeDeeply; };
    attrs = mkOptionType {
      name = "attrs";
      description = "attribute set";
      class = "unnamed";
      check = isAttrs;
      merge = _: defs: foldl' (a: b: a // b) { } (values defs);
      empty = { };
    };
    optionType = scalar "optionType" "optionType" (v: v._type or null == "option-type");
    functionTo = result: mkOptionType {
      name = "functionTo";
      description = "function that evaluates to a(n) ${phrase [ "noun" "composite" ] result}";
      class = "composite";
      check = lib.isFunction;
      merge = loc: defs: argument:
        (mergeDefinitions (loc ++ [ "<function body>" ]) result (map (d: d // { value = d.value argument; }) defs)).mergedValue;
    };
    deferredModule = mkOptionType {
      name = "deferredModule";
      description = "module";
      check = isModule;
      merge = loc: defs: { imports = map (d: lib.setDefaultModuleLocation "${d.file}, via option ${showOption loc}" d.value) defs; };
    };

    listOf = elem: mkOptionType {
      name = "listOf";
      description = "list of ${phrase [ "noun" "composite" ] elem}";
      class = "composite";
      check = isList;
      eval = listEval elem;
      empty = [ ];
    };
    nonEmptyListOf = elem: addCheck (types.listOf elem) (v: v != [ ]);
    attrsOf = elem: mkOptionType {
      name = "attrsOf";
      description = "attribute set of ${phrase [ "noun" "composite" ] elem}";
      class = "composite";
      check = isAttrs;
      eval = attrsEval false elem;
      empty = { };
    } // lib.optionalAttrs (elem ? extend) { inherit elem; extend = other: types.attrsOf (elem.extend other.elem); };
    lazyAttrsOf = elem: types.attrsOf elem // {
      name = "lazyAttrsOf";
      description = "lazy attribute set of ${phrase [ "noun" "composite" ] elem}";
      eval = attrsEval true elem;
    };
    uniq = type: type // {
      eval = loc: defs: builtins.seq (mergeOne loc defs) (type.eval loc defs);
    };

    nullOr = type: mkOptionType {
      name = "nullOr";
      description = "null or ${phrase [ "noun" "conjunction" ] type}";
      class = "conjunction";
      check = v: v == null || type.check v;
      eval = loc: defs:
        let nulls = filter (d: d.value == null) defs; in
        if nulls == [ ] then type.eval loc defs
        else if length nulls == length defs then { value = null; parts = [ ]; }
        else throw "The option `${showOption loc}' is defined both null and not null:${showDefs defs}";
      empty = null;
    };
    either = a: b: mkOptionType {
      name = "either";
      description = "${phrase [ "noun" "conjunction" ] a} or ${phrase [ "noun" "conjunction" "composite" ] b}";
      class = "conjunction";
      check = v: a.check v || b.check v;
      eval = loc: defs:
        let allAre = type: all (d: type.check d.value) defs; in
        if allAre a then a.eval loc defs
        else if allAre b then b.eval loc defs
        else { value = mergeOne loc defs; parts = [ ]; };
    };
    oneOf = list: foldl' types.either (head list) (tail list);
    coercedTo = from: coerce: to: to // {
      name = "coercedTo";
      description = "${phrase [ "noun" ] to} or ${phrase [ "noun" ] from} convertible to it";
      check = v: (from.check v && to.check (coerce v)) || to.check v;
      eval = loc: defs: to.eval loc (map (d: if from.check d.value then d // { value = coerce d.value; } else d) defs);
    };

    inherit submoduleWith;
    submodule = modules: submoduleWith {
      shorthandOnlyDefinesConfig = true;
      modules = toList modules;
    };

    # JSON-like data, as the settings of many services are (`pkgs.formats`).
    data = name: leaves:
      let
        type = types.nullOr (types.oneOf (leaves ++ [ (types.attrsOf type) (types.listOf type) ])) // {
          description = "${name} value";
          class = "unnamed";
        };
      in
      type;
    json = types.data "JSON" [ types.bool types.int types.float types.str types.path ];
  };
in
types // { inherit addCheck mkOptionType mergeOne mergeEqual; }
