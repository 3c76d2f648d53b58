# Values of the module system as data: packages by name, paths and strings without context, null for a value that throws.
let
  inherit (builtins)
    deepSeq
    isAttrs
    isFunction
    isList
    isPath
    isString
    mapAttrs
    tryEval
    unsafeDiscardStringContext
    ;

  safe =
    value:
    let
      tried = tryEval (
        let
          found = plain value;
        in
        deepSeq found found
      );
    in
    if tried.success then tried.value else null;

  plain =
    value:
    if isFunction value then
      { isFunction = true; }
    else if isAttrs value then
      if (value.type or null) == "derivation" then
        { package = unsafeDiscardStringContext (value.pname or value.name); }
      else
        mapAttrs (_: safe) (removeAttrs value [ "_module" ])
    else if isList value then
      map safe value
    else if isPath value then
      toString value
    else if isString value then
      unsafeDiscardStringContext value
    else
      value;
in
safe
