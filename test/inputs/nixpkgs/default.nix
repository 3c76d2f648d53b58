# The package set: fake derivations under real names.  A name that is not listed does not exist.
{ system ? localSystem.system or localSystem
, localSystem ? throw "Give `system' or `localSystem': a pure evaluation knows no current system."
, config ? { }
, overlays ? [ ]
, ...
}:
let
  lib = import ./lib;
  inherit (builtins) derivation toJSON;

  # All arguments change the derivation's hash, as in nixpkgs.
  build = name: given: derivation {
    inherit name system;
    builder = "/bin/sh";
    given = toJSON given;
  };

  isAllowed = package:
    package.meta.license.free or true || config.allowUnfree or false || (config.allowUnfreePredicate or (_: false)) package;

  refusal = package: throw ''
    Package ‘${package.pname}-${package.version}’ has an unfree license (‘${package.meta.license.shortName}’), refusing to evaluate.

    Allow it with `nixpkgs.config.allowUnfree = true;`, or alone with
      nixpkgs.config.allowUnfreePredicate = pkg: builtins.elem (lib.getName pkg) [ "${package.pname}" ];'';

  package = name: { pname ? name, version ? "1.0", mainProgram ? pname, license ? lib.licenses.free, passthru ? { } }:
    let
      built = build "${pname}-${version}" { };
      facts = {
        inherit pname version;
        meta = { inherit license mainProgram; name = "${pname}-${version}"; };
      };
      guard = path: if isAllowed facts then path else refusal facts;
      self = built // facts // {
        drvPath = guard built.drvPath;
        outPath = guard built.outPath;
        out = self;
        bin = self;
        dev = self;
        lib = self;
        override = _: self;
        overrideAttrs = _: self;
      } // passthru;
    in
    self;

  # Packages with a package set inside: `pkgs.emacs.pkgs.withPackages (epkgs: [ epkgs.magit ])`.
  withPackages = name: inner:
    let set = lib.genAttrs inner (n: package n { pname = "${name}-${n}"; }); in
    set // { withPackages = choose: build "${name}-with-packages" (map (p: p.outPath) (choose set)) // { meta.mainProgram = name; }; };

  facts = import ./packages.nix { inherit lib withPackages; };

  builders = rec {
    writeText = name: text: build name { inherit text; };
    writeTextFile = { name, text, ... }: build name { inherit text; };
    writeTextDir = path: writeText (baseNameOf path);
    writeScript = writeText;
    writeShellScript = writeText;
    writeScriptBin = name: text: writeText name text // { meta.mainProgram = name; };
    writeShellScriptBin = writeScriptBin;
    writeShellApplication = { name, text, runtimeInputs ? [ ], ... }:
      build name { inherit text; inputs = map toString runtimeInputs; } // { meta.mainProgram = name; };
    runCommand = name: env: script: build name { inherit env script; };
    runCommandLocal = runCommand;
    symlinkJoin = { name, paths, ... }: build name { paths = map toString paths; };
    buildEnv = symlinkJoin;
    mkShell = given: build "shell" { packages = map toString (given.packages or [ ]); };
    fetchurl = given: build "source" given;
  };

  overlaid = extra:
    let
      base = final: lib.mapAttrs package facts // builders // {
        _type = "pkgs";
        inherit lib system config;
        path = ./.;
        overlays = extra;
        stdenv = rec {
          hostPlatform = { inherit system; isLinux = true; isDarwin = false; isx86_64 = system == "x86_64-linux"; isAarch64 = system == "aarch64-linux"; };
          buildPlatform = hostPlatform;
          targetPlatform = hostPlatform;
          mkDerivation = given: build (given.name or "${given.pname}-${given.version}") (removeAttrs given [ "meta" "passthru" ]);
          cc = final.gcc;
        };
        stdenvNoCC = final.stdenv;
        buildPackages = final;
        linuxPackages = { kernel = final.linux; };
        linuxPackages_latest = final.linuxPackages;
        runtimeShell = "${final.bash}/bin/bash";
        callPackage = f: given:
          let function = if lib.isFunction f then f else import f; in
          function (builtins.intersectAttrs (lib.functionArgs function) final // given);
        appendOverlays = more: overlaid (extra ++ more);
        extend = more: overlaid (extra ++ [ more ]);
      };
      final = lib.foldl' (prev: overlay: prev // overlay final prev) (base final) extra;
    in
    final;
in
overlaid overlays
