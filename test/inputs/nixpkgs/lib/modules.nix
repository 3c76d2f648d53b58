# The part of nixpkgs' module system that emitted flakes use, with the same semantics and messages,
# so that a wrong option name, a wrong type or a conflict fails here as there.
{ lib }:
let
  inherit (builtins)
    addErrorContext all any attrNames attrValues concatLists concatMap filter foldl' functionArgs
    genericClosure head isAttrs isBool isFunction isPath isString length mapAttrs match removeAttrs seq sort
    tail toJSON typeOf zipAttrsWith;
  inherit (lib) concatStringsSep imap1 optional recursiveUpdate types;

  # --- properties: results of mkIf, mkMerge, mkForce and mkOrder ---

  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkOverride = priority: content: { _type = "override"; inherit priority content; };
  mkOrder = priority: content: { _type = "order"; inherit priority content; };
  mkOption = attrs: { _type = "option"; } // attrs;

  property = value: if isAttrs value then value._type or null else null;

  optionDefaultPriority = 1500;
  plainPriority = 100;
  plainOrder = 1000;

  # --- messages ---

  showName = name:
    if match "[a-zA-Z_][a-zA-Z0-9_'-]*|\\*|<.*>|\\[.*]" name != null then name else toJSON name;
  showOption = loc: concatStringsSep "." (map showName loc);

  showValue = depth: value:
    let
      inner = showValue (depth - 1);
      joined = open: items: close: "${open} ${concatStringsSep " " items} ${close}";
    in
    if isFunction value then "<function>"
    else if lib.isDerivation value then "<derivation ${value.name or "?"}>"
    else if property value == "option" then "<option>"
    else if isAttrs value && value == { } then "{ }"
    else if value == [ ] then "[ ]"
    else if depth == 0 && (isAttrs value || builtins.isList value) then "…"
    else if isAttrs value then joined "{" (map (n: "${showName n} = ${inner value.${n}};") (attrNames value)) "}"
    else if builtins.isList value then joined "[" (map inner value) "]"
    else if isPath value then toString value
    else toJSON value;

  showDefs = defs: concatStringsSep "" (map (d: "\n- In `${d.file}': ${showValue 3 d.value}") defs);

  conflictAdvice = "\nUse `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";

  # --- one option: from definitions to a value ---

  # A definition is { file, value }; a discharged one contains no mkMerge and no mkIf.
  discharge = { file, value }@def:
    if property value == "merge" then concatMap (v: discharge { inherit file; value = v; }) value.contents
    else if property value == "if" then
      if !isBool value.condition then throw "‘mkIf’ called with a non-Boolean condition in `${file}'"
      else if value.condition then discharge { inherit file; value = value.content; }
      else [ ]
    else [ def ];

  priorityOf = def: if property def.value == "override" then def.value.priority else plainPriority;

  strongest = defs:
    let
      top = foldl' (top: d: lib.min top (priorityOf d)) 9999 defs;
      strip = d: if property d.value == "override" then d // { value = d.value.content; } else d;
    in
    { priority = top; defs = map strip (filter (d: priorityOf d == top) defs); };

  ordered = defs:
    let
      orderOf = d: if property d.value == "order" then d.value.priority else plainOrder;
      strip = d: if property d.value == "order" then d // { value = d.value.content; } else d;
    in
    if any (d: property d.value == "order") defs
    then map strip (sort (a: b: orderOf a < orderOf b) defs)
    else defs;

  # `parts` are the nested definitions of the value, for `force`.
  mergeDefinitions = loc: type: defs:
    let
      chosen = strongest (concatMap discharge defs);
      final = ordered chosen.defs;
      isDefined = final != [ ];
      wrong = filter (d: !type.check d.value) final;
      evaluated =
        if isDefined then
          if wrong == [ ] then type.eval loc final
          else throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:${showDefs wrong}"
        else if type ? empty then { value = type.empty; parts = [ ]; }
        else throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option.";
    in
    {
      inherit isDefined;
      inherit (chosen) priority;
      defsFinal = final;
      mergedValue = addErrorContext "while evaluating the option `${showOption loc}':" evaluated.value;
      parts = evaluated.parts;
    };

  evalOption = loc: file: declared: defs:
    let
      type = declared.type or types.unspecified;
      default = optional (declared ? default) { inherit file; value = mkOverride optionDefaultPriority declared.default; };
      merged =
        if declared.readOnly or false && length defs > (if declared ? default then 0 else 1)
        then throw "The option `${showOption loc}' is read-only, but it's set multiple times. Definition values:${showDefs defs}"
        else mergeDefinitions loc type (default ++ defs);
      value = if declared ? apply then declared.apply merged.mergedValue else merged.mergedValue;
      wellTyped = if type ? eval then true else throw "The option `${showOption loc}' is declared with a type that is none.";
    in
    declared // {
      inherit loc value type;
      inherit (merged) isDefined parts;
      highestPrio = merged.priority;
      definitions = map (d: d.value) merged.defsFinal;
      definitionsWithLocations = merged.defsFinal;
      files = map (d: d.file) merged.defsFinal;
      declarations = [ file ];
      isSet = seq wellTyped (concatMap discharge defs != [ ]);
    };

  # Evaluates an option, or a merge of definitions, recursively.
  force = part: seq (part.mergedValue or part.value) (all force part.parts);

  # --- from many modules to one tree of options ---

  # A namespace's definition as attribute sets of definitions, the properties pushed down into them.
  pushDown = loc: { file, value }:
    let
      below = v: pushDown loc { inherit file; value = v; };
      wrap = f: map (mapAttrs (_: d: d // { value = f d.value; }));
    in
    if property value == "merge" then concatMap below value.contents
    else if property value == "if" then wrap (mkIf value.condition) (below value.content)
    else if property value == "override" then wrap (mkOverride value.priority) (below value.content)
    else if isAttrs value then [ (mapAttrs (_: v: { inherit file; value = v; }) value) ]
    else throw "In `${file}' the value ${showValue 1 value} is given to `${showOption loc}', which holds options and is no option itself.";

  zip = zipAttrsWith (_: concatLists);
  single = mapAttrs (_: v: [ v ]);

  mergeTree = prefix: decls: defs:
    let
      declsByName = zip (map (d: mapAttrs (_: options: [ { inherit (d) file; inherit options; } ]) d.options) decls);
      defsByName = zip (map single (concatMap (pushDown prefix) defs));
      node = name: below:
        let
          loc = prefix ++ [ name ];
          defs = defsByName.${name} or [ ];
          options = filter (d: property d.options == "option") below;
          option = evalOption loc (head below).file (head below).options defs;
          files = concatStringsSep "', `" (map (d: d.file) below);
        in
        if options == [ ] then mergeTree loc below defs
        else if tail below == [ ] then { value = option.value; options = option; unmatched = [ ]; set = optional option.isSet option; }
        else if length options == length below && all (d: d.options ? type.extend) below then
          let
            types' = map (d: d.options.type) below;
            type = foldl' (merged: other: merged.extend other) (head types') (tail types');
            extended = evalOption loc (head below).file (lib.foldl' (merged: d: merged // d.options) { } (lib.reverseList below) // { inherit type; }) defs;
          in
          { value = extended.value; options = extended; unmatched = [ ]; set = optional extended.isSet extended; }
        else throw "The option `${showOption loc}' is declared more than once, in `${files}'.";
      nodes = mapAttrs node declsByName;
      children = attrValues nodes;
      strays = removeAttrs defsByName (attrNames declsByName);
    in
    {
      value = mapAttrs (_: n: n.value) nodes;
      options = mapAttrs (_: n: n.options) nodes;
      unmatched = map (name: { loc = prefix ++ [ name ]; defs = strays.${name}; }) (attrNames strays)
        ++ concatMap (n: n.unmatched) children;
      set = concatMap (n: n.set) children;
    };

  # --- modules: from paths, functions and attribute sets to one form ---

  moduleAttrs = [ "_class" "_file" "key" "imports" "options" "config" "freeformType" "meta" "disabledModules" ];

  normalize = file: key: module:
    let
      explicit = module ? config || module ? options;
      stray = attrNames (removeAttrs module moduleAttrs);
      shorthand = removeAttrs module [ "_class" "_file" "key" "imports" "freeformType" "disabledModules" ];
      config = if explicit then module.config or { } else shorthand;
    in
    if explicit && stray != [ ] then
      throw "Module `${key}' has an unsupported attribute `${head stray}'. With a top-level `config' or `options', move it into `config'."
    else {
      file = toString (module._file or file);
      key = toString (module.key or key);
      imports = module.imports or [ ];
      disabled = map toString (module.disabledModules or [ ]);
      options = module.options or { };
      config =
        if module ? freeformType then mkMerge [ config { _module.freeformType = module.freeformType; } ] else config;
    };

  load = args: file: key: module:
    let
      argument = name:
        args.${name} or (args.config._module.args.${name}
          or (throw "The module `${file}' takes the argument `${name}', which neither specialArgs nor _module.args gives."));
      apply = f: f (args // mapAttrs (name: _: argument name) (lib.functionArgs f));
    in
    if isPath module || isString module then load args (toString module) (toString module) (import module)
    else if lib.isFunction module then load args file key (apply module)
    else if property module == "if" || property module == "override" || property module == "merge"
    then normalize file key { config = module; }
    else if isAttrs module then normalize file key module
    else throw "Expected a module in `${file}', but found a value of type ${typeOf module}: ${showValue 1 module}";

  # Every module once, by key, imports included.
  collect = args: modules:
    let loadAll = file: key: imap1 (n: load args file "${key}:anon-${toString n}"); in
    genericClosure {
      startSet = loadAll "<unknown-file>" "" modules;
      operator = module: loadAll module.file module.key module.imports;
    };

  setDefaultModuleLocation = file: module: { _file = file; imports = [ module ]; };

  internal = {
    _file = "<module system>";
    options._module = {
      args = mkOption { type = types.lazyAttrsOf types.raw; default = { }; };
      check = mkOption { type = types.bool; default = true; };
      freeformType = mkOption { type = types.nullOr types.raw; default = null; };
    };
  };

  evalModules = { modules, specialArgs ? { }, prefix ? [ ], class ? null }:
    let
      found = lib.reverseList (collect ({ inherit lib options config specialArgs; _class = class; } // specialArgs) ([ internal ] ++ modules));
      disabled = concatMap (module: module.disabled) found;
      collected = filter (module: !builtins.elem module.key disabled) found;
      tree = mergeTree prefix collected (map (m: { inherit (m) file; value = m.config; }) collected);
      inherit (tree) options;
      inherit (tree.value._module) freeformType;
      relative = loc: lib.drop (length prefix) loc;
      freeform = mergeDefinitions prefix freeformType
        (concatMap (u: map (d: d // { value = lib.setAttrByPath (relative u.loc) d.value; }) u.defs) tree.unmatched);
      config = if freeformType == null || tree.unmatched == [ ] then tree.value else recursiveUpdate freeform.mergedValue tree.value;
      siblings = loc: removeAttrs (lib.attrByPath (relative (lib.init loc)) { } options) [ "_module" ];
      undeclared = { loc, defs }:
        "The option `${showOption loc}' does not exist. Definition values:${showDefs defs}"
        + (if siblings loc == { } then "" else "\n\nOptions beside it: ${concatStringsSep ", " (attrNames (siblings loc))}");
      checked =
        if config._module.check && freeformType == null && tree.unmatched != [ ]
        then throw (undeclared (head tree.unmatched))
        else true;
    in
    {
      _type = "configuration";
      _module = config._module;
      options = seq checked options;
      config = seq checked (removeAttrs config [ "_module" ]);
      # The options that modules set, for `force`.
      set = seq checked tree.set;
      inherit class;
      extendModules = extra: evalModules {
        modules = modules ++ extra.modules or [ ];
        specialArgs = specialArgs // extra.specialArgs or { };
        inherit prefix class;
      };
    };
in
{
  inherit
    conflictAdvice evalModules force mergeDefinitions mkIf mkMerge mkOption mkOrder mkOverride showDefs showOption showValue;

  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  mkOptionDefault = mkOverride optionDefaultPriority;
  mkImageMediaOverride = mkOverride 60;
  mkVMOverride = mkOverride 10;
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;

  inherit setDefaultModuleLocation;

  mkEnableOption = _: mkOption { type = types.bool; default = false; };
  mkPackageOption = pkgs: name: _: mkOption { type = types.package; default = pkgs.${name}; };

  # No `key`, as in nixpkgs: the same file applied twice is two modules.
  importApply = file: argument: setDefaultModuleLocation file (import file argument);
}
