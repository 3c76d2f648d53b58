# Builders that nixpkgs writes in languages that need a compiler, and others that must look into the tree of Debian.
{
  core,
  lib,
  tree,
  kernelRelease,
  packaged,
  stub,
}:
let
  # Under emulation, decompression takes longer than reading.
  uncompressed = {
    compressor = "cat";
    compressorExecutableFunction = _: "cat";
    compressorArgs = [ ];
  };
  bash = "${tree}/bin/bash";
  python = "${tree}/bin/python3";
in
{
  # The initrd of systemd: the paths in `contents`, and the libraries of its programs.
  makeInitrdNG =
    {
      name ? "initrd",
      contents ? [ ],
      ...
    }:
    core.runCommand name
      {
        contentsJson = builtins.toJSON (
          map (
            {
              source,
              target ? null,
              ...
            }:
            {
              source = "${source}";
              target = if target == null then "${source}" else target;
            }
          ) contents
        );
        passAsFile = [ "contentsJson" ];
      }
      ''
        ${python} ${./make-initrd.py} ${tree} "$contentsJsonPath" root
        mkdir $out
        (cd root && find . -print0 | LC_ALL=C sort -z | cpio --null --create --format=newc --quiet --reproducible -R +0:+0) >$out/initrd
      ''
    // uncompressed;
  # NixOS always asks this builder for its compressor, but systemd's initrd is the only one here.
  makeInitrd = _: stub "scripted-initrd" // uncompressed;

  makeModulesClosure =
    { rootModules, ... }:
    core.runCommand "linux-modules-of-initrd" { rootModules = toString rootModules; } ''
      ${bash} ${./modules-closure.sh} ${tree} ${kernelRelease} $out $rootModules
    '';

  aggregateModules =
    _:
    packaged "kernel-modules" (
      core.runCommand "kernel-modules" { } ''
        mkdir -p $out/lib/modules
        cp -rs ${tree}/lib/modules/${kernelRelease} $out/lib/modules/
      ''
    );

  makeDBusConf =
    { serviceDirectories, ... }:
    core.runCommand "dbus-conf" { inherit serviceDirectories; } ''
      mkdir -p $out
      for kind in system session; do
        {
          grep -v "<include \|<includedir\|</busconfig>" ${tree}/upstream/share/dbus-1/$kind.conf
          for folder in $serviceDirectories; do
            echo "<servicedir>$folder/share/dbus-1/$kind-services</servicedir>"
            for part in etc share; do
              if [ -d "$folder/$part/dbus-1/$kind.d" ]; then
                echo "<includedir>$folder/$part/dbus-1/$kind.d</includedir>"
              fi
            done
          done
          echo "</busconfig>"
        } >$out/$kind.conf
      done
    '';

  substituteAll =
    arguments:
    let
      name = arguments.name or (baseNameOf (toString arguments.src));
      target = if arguments ? dir then "$out/${arguments.dir}/${name}" else "$out";
    in
    core.runCommand name
      (
        removeAttrs arguments [
          "dir"
          "isExecutable"
          "meta"
          "name"
          "postInstall"
          "src"
        ]
        // {
          from = arguments.src;
        }
      )
      ''
        mkdir -p "$(dirname ${target})"
        substituteAll "$from" ${target}
        ${lib.optionalString (arguments.isExecutable or false) "chmod +x ${target}"}
        ${arguments.postInstall or ""}
      '';

  # NixOS's program that runs another one with the rights of a file in /run/wrappers, compiled from its C source.
  securityWrapper =
    source:
    { sourceProg, ... }:
    core.runCommand "security-wrapper-${baseNameOf sourceProg}" { } ''
      mkdir -p $out/bin
      cp ${./unsecvars.h} unsecvars.h
      libraries=${tree}/lib/x86_64-linux-gnu
      ${tree}/bin/tcc -B$libraries/tcc -nostdinc -I$libraries/tcc/include -I${tree}/include/x86_64-linux-gnu -I${tree}/include \
        -I. -nostdlib '-DSOURCE_PROG="${sourceProg}"' -o $out/bin/security-wrapper $libraries/crt1.o $libraries/crti.o ${source} \
        $libraries/libc.so.6 $libraries/libc_nonshared.a $libraries/tcc/libtcc1.a $libraries/crtn.o
    '';
}
