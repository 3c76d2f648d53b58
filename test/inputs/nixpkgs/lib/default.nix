# The functions of nixpkgs' lib that flakes, modules and our own options use.
let
  inherit (builtins)
    all any attrNames attrValues concatLists concatMap elem elemAt filter foldl' genList head isAttrs
    isFunction isList isPath isString length listToAttrs map mapAttrs match replaceStrings stringLength substring
    tail toJSON zipAttrsWith;

  lib = base // modules // {
    inherit modules types;
    inherit (types) mkOptionType mergeOne mergeEqual;
    options = { inherit (modules) mkOption mkEnableOption mkPackageOption showOption; };
    attrsets = base;
    lists = base;
    # `charToInt` is not at the top of nixpkgs' lib either.
    # Of a folder without folders.
    filesystem.listFilesRecursive = folder: map (name: folder + "/${name}") (attrNames (builtins.readDir folder));
    strings = base // {
      charToInt = char: printable.${char} or (throw "The stand-in of charToInt knows no ${toJSON char}.");
    };
    trivial = base;
    # Ours, not of nixpkgs: shorthands for the option tables of these inputs.
    declare = with types; rec {
      required = type: modules.mkOption { inherit type; };
      option = type: default: modules.mkOption { inherit type default; };
      flag = option bool;
      maybe = type: option (nullOr type) null;
      many = type: option (listOf type) [ ];
      named = type: option (attrsOf type) { };
    };
  };
  hexadecimal = listToAttrs (lib.imap0 (n: digit: lib.nameValuePair digit n) (lib.stringToCharacters "0123456789abcdef"));
  printable = listToAttrs (lib.imap0 (n: char: lib.nameValuePair char (32 + n)) (lib.stringToCharacters
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"))
  // { "\t" = 9; "\n" = 10; "\r" = 13; };
  modules = import ./modules.nix { inherit lib; };
  types = import ./types.nix { inherit lib; };

  base = rec {
    inherit (builtins)
      all any attrNames attrValues catAttrs compareVersions concatLists concatMap concatStringsSep deepSeq elem elemAt
      filter foldl' genList groupBy hasAttr head intersectAttrs isAttrs isBool isFloat isInt isList
      isPath isString length listToAttrs mapAttrs match partition readFile removeAttrs replaceStrings seq sort split
      splitVersion stringLength substring tail toJSON typeOf fromJSON zipAttrsWith;

    # --- values ---
    id = x: x;
    const = x: _: x;
    flip = f: a: b: f b a;
    pipe = foldl' (value: f: f value);
    min = a: b: if a < b then a else b;
    max = a: b: if a > b then a else b;
    boolToString = b: if b then "true" else "false";
    importJSON = path: builtins.fromJSON (builtins.readFile path);
    functionArgs = f: if f ? __functor then f.__functionArgs or (functionArgs (f.__functor f)) else builtins.functionArgs f;
    setFunctionArgs = f: args: { __functor = _: f; __functionArgs = args; };
    mod = base: int: base - int * (base / int);
    fromHexString = text: foldl' (number: digit: 16 * number + hexadecimal.${digit}) 0 (stringToCharacters (toLower text));
    toHexString = number: concatMapStrings (digit: elemAt (stringToCharacters "0123456789ABCDEF") digit) (toBaseDigits 16 number);
    toBaseDigits = base: n: if n < base then [ n ] else toBaseDigits base (n / base) ++ [ (mod n base) ];
    isFunction = f: builtins.isFunction f || (f ? __functor && builtins.isFunction (f.__functor f));
    isDerivation = v: isAttrs v && v.type or null == "derivation";
    isStringLike = v: isString v || isPath v || v ? outPath || v ? __toString;
    # On standard error, like lib.warn; never fatal.
    warn = message: builtins.trace "warning: ${message}";
    warnIf = condition: message: if condition then warn message else id;
    throwIf = condition: message: if condition then throw message else id;
    throwIfNot = condition: throwIf (!condition);
    assertMsg = condition: message: condition || throw message;
    release = (import ../release.nix).name;
    versionAtLeast = a: b: builtins.compareVersions a b >= 0;
    versionOlder = a: b: builtins.compareVersions a b < 0;
    makeOverridable = f: args: f args // { override = new: makeOverridable f (args // new); };
    fix = f: let self = f self; in self;

    # --- attribute sets ---
    nameValuePair = name: value: { inherit name value; };
    replicate = count: item: genList (_: item) count;
    genAttrs = names: f: listToAttrs (map (n: nameValuePair n (f n)) names);
    mapAttrs' = f: set: listToAttrs (map (n: f n set.${n}) (attrNames set));
    mapAttrsToList = f: set: map (n: f n set.${n}) (attrNames set);
    attrsToList = mapAttrsToList nameValuePair;
    concatMapAttrs = f: set: mergeAttrsList (mapAttrsToList f set);
    filterAttrs = keep: set: removeAttrs set (filter (n: !keep n set.${n}) (attrNames set));
    mergeAttrs = a: b: a // b;
    mergeAttrsList = foldl' mergeAttrs { };
    optionalAttrs = condition: set: if condition then set else { };
    recursiveUpdate = a: b:
      if isAttrs a && isAttrs b && !isDerivation b
      then a // mapAttrs (n: v: if a ? ${n} then recursiveUpdate a.${n} v else v) b
      else b;
    attrByPath = path: default: set:
      if path == [ ] then set
      else if set ? ${head path} then attrByPath (tail path) default set.${head path}
      else default;
    getAttrFromPath = path: attrByPath path (throw "cannot find attribute `${concatStringsSep "." path}'");
    hasAttrByPath = path: set: path == [ ] || (set ? ${head path} && hasAttrByPath (tail path) set.${head path});
    updateManyAttrsByPath = updates: set: foldl' (set: { path, update }: updateAttrByPath path update set) set updates;
    updateAttrByPath = path: update: set:
      if path == [ ] then update set
      else set // { ${head path} = updateAttrByPath (tail path) update (if length path == 1 then set.${head path} else set.${head path} or { }); };
    setAttrByPath = path: value: if path == [ ] then value else { ${head path} = setAttrByPath (tail path) value; };
    getAttrs = names: set: genAttrs names (n: set.${n});
    zipAttrs = zipAttrsWith (_: values: values);
    getBin = drv: drv.bin or drv;
    getOutput = output: drv: drv.${output} or drv;

    # --- lists ---
    singleton = x: [ x ];
    toList = x: if isList x then x else [ x ];
    optional = condition: x: if condition then [ x ] else [ ];
    optionals = condition: list: if condition then list else [ ];
    range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);
    imap0 = f: list: genList (n: f n (elemAt list n)) (length list);
    imap1 = f: imap0 (n: f (n + 1));
    last = list: elemAt list (length list - 1);
    init = list: take (length list - 1) list;
    take = n: list: genList (elemAt list) (min n (length list));
    drop = n: list: genList (i: elemAt list (i + n)) (max 0 (length list - n));
    reverseList = list: let n = length list; in genList (i: elemAt list (n - i - 1)) n;
    foldr = f: nul: list: foldl' (acc: x: f x acc) nul (reverseList list);
    flatten = x: if isList x then concatMap flatten x else [ x ];
    unique = foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];
    remove = x: filter (y: y != x);
    subtractLists = gone: filter (x: !elem x gone);
    intersectLists = kept: filter (x: elem x kept);
    forEach = list: f: map f list;
    findFirst = pred: default: list: let found = filter pred list; in if found == [ ] then default else head found;
    count = pred: list: length (filter pred list);
    zipListsWith = f: a: b: genList (n: f (elemAt a n) (elemAt b n)) (min (length a) (length b));

    # --- strings ---
    concatStrings = concatStringsSep "";
    concatLines = concatMapStrings (line: line + "\n");
    concatMapStrings = f: list: concatStrings (map f list);
    concatMapStringsSep = sep: f: list: concatStringsSep sep (map f list);
    concatMapAttrsStringSep = sep: f: set: concatStringsSep sep (mapAttrsToList f set);
    optionalString = condition: text: if condition then text else "";
    splitString = sep: text: filter isString (builtins.split (escapeRegex sep) text);
    stringToCharacters = text: genList (n: substring n 1 text) (stringLength text);
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    hasSuffix = suffix: text:
      let n = stringLength text - stringLength suffix; in n >= 0 && substring n (-1) text == suffix;
    hasInfix = infix: text: replaceStrings [ infix ] [ "" ] text != text;
    toInt = text: let value = fromJSON text; in if isInt value then value else throw "toInt: ${text} is no integer";
    removePrefix = prefix: text: if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
    removeSuffix = suffix: text:
      if hasSuffix suffix text then substring 0 (stringLength text - stringLength suffix) text else text;
    replaceString = from: to: replaceStrings [ from ] [ to ];
    escape = chars: replaceStrings chars (map (c: "\\${c}") chars);
    escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
    escapeNixString = text: escape [ "$" ] (toJSON text);
    escapeShellArg = arg:
      let text = toString arg; in
      if match "[[:alnum:],._+:@%/-]+" text != null then text
      else "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";
    escapeShellArgs = concatMapStringsSep " " escapeShellArg;
    isValidPosixName = name: match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;
    toShellVar = name: value:
      if !isValidPosixName name then throw "toShellVar: ${name} is not a valid shell variable name"
      else if isAttrs value && !isStringLike value then
        "declare -A ${name}=(${concatStringsSep " " (mapAttrsToList (n: v: "[${escapeShellArg n}]=${escapeShellArg v}") value)})"
      else if isList value then "declare -a ${name}=(${escapeShellArgs value})"
      else "${name}=${escapeShellArg value}";
    toShellVars = vars: concatStringsSep "\n" (mapAttrsToList toShellVar vars);
    fixedWidthString = width: filler: text:
      if stringLength text >= width then text else fixedWidthString width filler "${filler}${text}";
    fixedWidthNumber = width: n: fixedWidthString width "0" (toString n);
    toLower = replaceStrings (stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (stringToCharacters "abcdefghijklmnopqrstuvwxyz");
    makeBinPath = concatMapStringsSep ":" (pkg: "${getBin pkg}/bin");
    makeSearchPath = sub: concatMapStringsSep ":" (dir: "${dir}/${sub}");

    # --- networks ---
    network.ipv6 = {
      fromString = text:
        let
          address = head (splitString "/" text);
          piecesOf = part: if part == "" then [ ] else splitString ":" part;
          halves = splitString "::" address;
          outer = map piecesOf halves;
          zeros = replicate (8 - length (concatLists outer)) "0";
          pieces = if length halves == 1 then head outer else head outer ++ zeros ++ last outer;
        in
        { address = concatMapStringsSep ":" (piece: toLower (toHexString (fromHexString piece))) pieces; };
      mkEUI64Suffix = mac:
        let
          octet = elemAt (splitString ":" mac);
          flipped = toLower (toHexString (builtins.bitXor 512 (fromHexString (octet 0 + octet 1))));
        in
        "${flipped}:${octet 2}ff:fe${octet 3}:${octet 4}${octet 5}";
    };

    # --- packages ---
    getName = x: if isString x then (builtins.parseDrvName x).name else x.pname or (builtins.parseDrvName x.name).name;
    getVersion = x: if isString x then (builtins.parseDrvName x).version else x.version or (builtins.parseDrvName x.name).version;
    getExe' = pkg: program: "${getBin pkg}/bin/${program}";
    getExe = pkg: getExe' pkg (pkg.meta.mainProgram or (getName pkg));
    platforms.linux = [ "x86_64-linux" "aarch64-linux" ];
    systems.flakeExposed = platforms.linux ++ [ "x86_64-darwin" "aarch64-darwin" ];
    licenses = {
      free = { shortName = "free"; free = true; };
      unfree = { shortName = "unfree"; free = false; };
    };
    literalExpression = text: { _type = "literalExpression"; inherit text; };
    makeExtensible = f: let self = f self // { extend = o: makeExtensible (final: let prev = f final; in prev // o final prev); }; in self;
    generators = {
      toJSON = _: builtins.toJSON;
      toINI = _: sections: concatStringsSep "\n" (mapAttrsToList (n: vars: "[${n}]\n" + generators.toKeyValue { } vars) sections);
      toKeyValue = _: vars: concatStrings (mapAttrsToList (n: v: "${n}=${toString v}\n") vars);
    };
  };
in
lib
