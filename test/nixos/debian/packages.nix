# A package set for NixOS: packages made of Debian packages where NixOS needs a working program, and otherwise stubs that build.
# It replaces the package set of a folder with `lib`, `corepkgs` (a standard environment with builders) and `nixos`.
{
  system ? "x86_64-linux",
  lib,
  # Names of packages that NixOS modules mention.
  names,
}:
let
  facts = lib.importJSON ./debian/facts.json;
  tree = import ./debian/tree.nix {
    inherit system;
    inherit (facts) hash;
  };
  inherit (facts) kernelRelease;
  bash = "${tree}/bin/bash";

  # The standard environment of corepkgs, with Debian's tools and without a compiler.
  core = import ./corepkgs {
    inherit system;
    overlays = [
      (
        _: _:
        removeAttrs programs [
          "perlPackages"
          "python3Packages"
          "unixtools"
        ]
      )
    ];
    stdenvStages =
      {
        localSystem,
        config,
        overlays,
        ...
      }:
      [
        (_: {
          inherit config overlays;
          stdenv = import ./corepkgs/stdenv/generic {
            name = "stdenv-debian";
            shell = bash;
            initialPath = [ tree ];
            preHook = "export PATH=${tree}/bin:${tree}/sbin LC_ALL=C.UTF-8";
            cc = null;
            hasCC = false;
            inherit config;
            fetchurlBoot = throw "No package is fetched.";
            buildPlatform = localSystem;
            hostPlatform = localSystem;
            targetPlatform = localSystem;
          };
        })
      ];
  };

  # Adds the attributes of a nixpkgs package to a derivation. All outputs are the same.
  packaged =
    pname: derivation:
    let
      output = derivation // {
        inherit pname;
        version =
          {
            nix = "2.26.3";
            systemd = "257";
            zsh = "5.9";
          }
          .${pname} or "99.0";
        meta = {
          mainProgram = pname;
          description = pname;
          platforms = [ system ];
        };
      };
      package =
        output
        // {
          passthru = { };
          shellPath = "/bin/${pname}";
          override = _: package;
          overrideAttrs = _: package;
          overrideScope = _: package;
          withPackages = _: package;
          emacsWithPackages = _: package;
          packages = _: package;
          src = derivation;
          __functor = _: _: package;
        }
        // lib.genAttrs [
          "bin"
          "browser"
          "client"
          "daemon"
          "data"
          "debug"
          "dev"
          "devdoc"
          "doc"
          "getent"
          "info"
          "ldconfig"
          "lib"
          "lists"
          "lndir"
          "login"
          "man"
          "mount"
          "netgroup"
          "nspawn"
          "out"
          "p11kit"
          "server"
          "static"
          "su"
          "swap"
          "terminfo"
          "tools"
          "util-linux"
          "xauth"
        ] (_: output);
    in
    package;

  # A package with a program that does nothing.
  stub =
    name:
    packaged name (derivation {
      inherit name system;
      builder = bash;
      args = [
        "-c"
        ''
          PATH=${tree}/bin
          mkdir -p $out/bin $out/lib $out/share $out/etc
          printf '#!${bash}\n' >$out/bin/$name
          chmod +x $out/bin/$name
        ''
      ];
    });
  stubs = lib.genAttrs names stub;
  script = name: text: packaged name (core.writeShellScriptBin name text);
  debsWith =
    name: debs: extra:
    packaged name (derivation {
      inherit name system;
      builder = "${tree}/bin/python3";
      args = [
        ./debian/link-package.py
        (builtins.toJSON (
          {
            inherit debs;
            tree = "${tree}";
            out = placeholder "out";
          }
          // extra
        ))
      ];
      LC_ALL = "C.UTF-8";
    });
  debs = name: debs: debsWith name debs { };

  programs = import ./debian/programs.nix {
    inherit
      core
      debs
      debsWith
      lib
      packaged
      script
      stub
      stubs
      tree
      ;
  };
  builders = import ./debian/builders.nix {
    inherit
      core
      kernelRelease
      lib
      packaged
      stub
      tree
      ;
  };

  kernel =
    packaged "linux" (
      core.runCommand "linux-${kernelRelease}" { } ''
        mkdir -p $out/lib/modules
        cp ${tree}/boot/vmlinuz-* $out/bzImage
        ln -s ${tree}/lib/modules/${kernelRelease} $out/lib/modules/
      ''
    )
    // {
      version = "6.12";
      modDirVersion = kernelRelease;
      stdenv.hostPlatform = core.stdenv.hostPlatform // {
        linux-kernel.target = "bzImage";
      };
      config = {
        isSet = _: true;
        isEnabled = _: true;
        isYes = _: true;
        isDisabled = _: false;
        isNo = _: false;
        isModule = _: true;
      };
      kernelOlder = _: false;
      kernelAtLeast = _: true;
      features.efiBootStub = true;
      configfile = stub "kernel-config";
    };
  linuxPackages = {
    inherit kernel;
    inherit (core) stdenv;
    extend = _: linuxPackages;
    kernelAtLeast = _: true;
    kernelOlder = _: false;
  }
  // lib.genAttrs [
    "bcc"
    "cpupower"
    "perf"
    "v4l2loopback"
  ] stub;

  # `source` is a text or a file.
  writePython =
    write: name: _: source:
    write name ("#!${tree}/bin/python3\n" + (if builtins.isString source then source else builtins.readFile source));

  emacs = stub "emacs" // {
    pkgs = {
      withPackages = _: stub "emacs-with-packages";
      emacsWithPackages = _: stub "emacs-with-packages";
    };
    override = _: emacs;
  };

  # corepkgs builds programs from sources, which are missing here. Only its functions are of use.
  isFunctionName =
    name:
    builtins.match "(append|auto|build|call|concat|ensure|fetch|install|link|make|mk|new|nuke|patch|pkgs|remove|replace|run|setup|substitute|write).*" name
    != null;
  kept = [
    "applyPatches"
    "buildPlatform"
    "closureInfo"
    "closurePackages"
    "config"
    "copyPathToStore"
    "copyPathsToStore"
    "emptyDirectory"
    "emptyFile"
    "extend"
    "hostPlatform"
    "lib"
    "onlyBin"
    "overlays"
    "path"
    "perlPackages"
    "python3Packages"
    "recurseIntoAttrs"
    "splicePackages"
    "srcOnly"
    "stdenv"
    "stdenvAdapters"
    "stdenvNoCC"
    "symlinkJoin"
    "system"
    "targetPackages"
    "targetPlatform"
    "unixtools"
  ];
  stubsOfCore = lib.mapAttrs (name: _: stub name) (
    lib.filterAttrs (name: _: !(isFunctionName name || builtins.elem name kept)) core
  );

  self =
    core
    // stubs
    // removeAttrs stubsOfCore names
    // programs
    // builtins.removeAttrs builders [ "securityWrapper" ]
    // {
      inherit
        emacs
        kernel
        lib
        linuxPackages
        ;
      linux = kernel;
      linuxPackages_latest = linuxPackages;
      linuxPackagesFor = _: linuxPackages;
      linuxKernelPkgs = linuxPackages;
      linuxKernel = {
        packages = { };
        kernels = { };
        inherit linuxPackages;
      };
      emacsPackagesFor = _: {
        emacsWithPackages = _: emacs;
        withPackages = _: emacs;
        overrideScope = _: self.emacsPackagesFor null;
      };

      stdenv = core.stdenv // {
        # NixOS asks the compiler for the dynamic linker.
        cc = {
          libc = programs.glibc;
          bintools.dynamicLinker = "${tree}/lib64/ld-linux-x86-64.so.2";
          targetPrefix = "";
        };
      };
      inherit (core)
        buildEnv
        closureInfo
        concatScript
        concatText
        concatTextFile
        emptyDirectory
        emptyFile
        installShellFiles
        linkFarm
        linkFarmFromDrvs
        makeSetupHook
        makeWrapper
        replaceVars
        replaceVarsWith
        runCommand
        runCommandLocal
        stdenvNoCC
        substitute
        symlinkJoin
        writeClosure
        writeScript
        writeScriptBin
        writeShellApplication
        writeShellScript
        writeShellScriptBin
        writeText
        writeTextDir
        writeTextFile
        ;
      runCommandCC = core.runCommand;
      makeBinaryWrapper = core.makeWrapper;
      writers = core.writers // {
        writeBash = core.writeShellScript;
        writeBashBin = core.writeShellScriptBin;
        writePython3 = writePython core.writeScript;
        writePython3Bin = writePython core.writeScriptBin;
      };
      formats = import ./debian/formats.nix {
        inherit lib;
        pkgs = core;
      };
      nixosOptionsDoc = _: {
        optionsJSON = stub "options-json";
        optionsCommonMark = stub "options-md";
        optionsAsciiDoc = stub "options-adoc";
        optionsNix = { };
      };
      nixosTests = { };
      replaceDependencies = { drv, ... }: drv;
      replaceDependency = { drv, ... }: drv;
      compressFirmwareXz = lib.id;
      compressFirmwareZstd = lib.id;
      stub-ld = stub "stub-ld";
      nixos-option = stub "nixos-option";
      nixos-icons = stub "nixos-icons";
      nix-bash-completions = stub "nix-bash-completions";
      mailcap = stub "mailcap";
      switch-to-configuration-ng = stub "switch-to-configuration-ng";

      # The module system does not look into values with a type.
      _type = "pkgs";
      path = ./.;
      hostPlatform = core.stdenv.hostPlatform;
      buildPlatform = core.stdenv.buildPlatform;
      overlays = [ ];
      config = { };
      appendOverlays = _: self;
      extend = _: self;
      callPackage =
        file: arguments:
        let
          function = if builtins.isFunction file then file else import file;
        in
        function (builtins.intersectAttrs (builtins.functionArgs function) self // arguments);
      # NixOS builds its security wrappers with this set.
      pkgsStatic = self // {
        callPackage =
          file: arguments:
          if arguments ? sourceProg then
            builders.securityWrapper "${dirOf file}/wrapper.c" arguments
          else
            self.callPackage file arguments;
      };
    }
    // lib.genAttrs [
      "__splicedPackages"
      "buildPackages"
      "pkgsBuildBuild"
      "pkgsBuildHost"
      "pkgsHostTarget"
      "pkgsMusl"
      "pkgsi686Linux"
      "targetPackages"
    ] (_: self);
in
self
