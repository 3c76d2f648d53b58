# The command line. package-lock.json holds the hash of every tarball and no address, so npm itself
# fetches each of them, and Nix checks it against the lock: there is no hash to keep in this file.
{
  installShellFiles,
  lib,
  makeWrapper,
  nix,
  nodejs,
  stdenv,
  writeText,
}:

let
  readJSON = file: builtins.fromJSON (builtins.readFile file);
  root = readJSON ./package.json;
  lock = readJSON ./package-lock.json;

  workspaces = [
    "packages/nix-ast"
    "packages/microvm-model"
    "packages/emit"
  ];

  # Programs that compile and bundle the sources. The linters and test tools of the root are not fetched.
  compilers = [
    "@types/node"
    "rolldown"
    "typescript"
  ];
  onlyCompilers = lib.filterAttrs (name: _: builtins.elem name compilers);

  emit = lock.packages."packages/emit";
  namesIn =
    fields: module: builtins.concatMap (field: builtins.attrNames (module.${field} or { })) fields;
  ofUsers = namesIn [
    "dependencies"
    "optionalDependencies"
  ];

  # Packages with those that they need, by name.
  closureOf =
    names:
    map ({ key }: key) (
      builtins.genericClosure {
        startSet = map (key: { inherit key; }) names;
        operator =
          { key }: map (key: { inherit key; }) (ofUsers (lock.packages."node_modules/${key}" or { }));
      }
    );
  needed = closureOf (
    compilers
    ++ builtins.concatMap (
      path: ofUsers lock.packages.${path} ++ namesIn [ "devDependencies" ] lock.packages.${path}
    ) workspaces
  );
  # The bundle contains all other packages.
  installed = closureOf (ofUsers emit);

  # Names of the packages along a path below `node_modules`, the package itself last.
  namesOf = path: map (lib.removeSuffix "/") (builtins.tail (lib.splitString "node_modules/" path));
  nameOf = path: lib.last (namesOf path);

  # rolldown has a package for each platform.
  cpu = if lib.hasPrefix "aarch64" stdenv.hostPlatform.system then "arm64" else "x64";
  isForPlatform =
    module:
    builtins.elem "linux" (module.os or [ "linux" ])
    && builtins.elem cpu (module.cpu or [ cpu ])
    && builtins.elem "glibc" (module.libc or [ "glibc" ]);

  isNeeded =
    path: module:
    builtins.elem path workspaces
    || builtins.elem (module.resolved or "") workspaces
    || isForPlatform module && builtins.all (name: builtins.elem name needed) (namesOf path);

  tarball =
    path: module:
    stdenv.mkDerivation {
      name = "${baseNameOf (nameOf path)}-${module.version}.tgz";
      nativeBuildInputs = [ nodejs ];
      buildCommand = ''
        export HOME=$TMPDIR
        npm pack --pack-destination "$TMPDIR" '${nameOf path}@${module.version}'
        mv "$TMPDIR"/*.tgz $out
      '';
      impureEnvVars = lib.fetchers.proxyImpureEnvVars;
      outputHash = module.integrity;
      outputHashAlgo = null;
    };

  cutRoot = root // {
    inherit workspaces;
    devDependencies = onlyCompilers root.devDependencies;
  };
  kept = lib.filterAttrs isNeeded lock.packages;
  cutLock = lock // {
    packages =
      builtins.mapAttrs (
        path: module:
        module
        // lib.optionalAttrs (module ? optionalDependencies) {
          optionalDependencies = lib.filterAttrs (
            name: _: kept ? "node_modules/${name}"
          ) module.optionalDependencies;
        }
        // lib.optionalAttrs (module ? integrity) { resolved = "file:${tarball path module}"; }
      ) kept
      // {
        "" = lock.packages."" // {
          inherit workspaces;
          devDependencies = onlyCompilers lock.packages."".devDependencies;
        };
      };
  };
in
stdenv.mkDerivation {
  pname = "microvm-emit";
  inherit (readJSON ./packages/emit/package.json) version;

  src = ./.;

  nativeBuildInputs = [
    installShellFiles
    makeWrapper
    nodejs
  ];

  configurePhase = ''
    runHook preConfigure
    export HOME=$TMPDIR
    cp --no-preserve=mode ${writeText "package.json" (builtins.toJSON cutRoot)} package.json
    cp --no-preserve=mode ${writeText "package-lock.json" (builtins.toJSON cutLock)} package-lock.json
    npm ci --offline --ignore-scripts
    runHook postConfigure
  '';

  buildPhase = ''
    runHook preBuild
    node scripts/library.js
    node scripts/problems.js
    node node_modules/typescript/bin/tsc -b packages/emit
    node node_modules/rolldown/bin/cli.mjs -c rolldown.config.ts
    runHook postBuild
  '';

  installPhase = ''
    runHook preInstall
    modules=$out/lib/microvm-emit/node_modules
    mkdir -p $modules/microvm-emit
    tar -xzf "$(npm pack --offline --silent --ignore-scripts --workspace packages/emit)" --strip-components=1 -C $modules/microvm-emit
    (cd node_modules && cp -r --parents ${lib.escapeShellArgs installed} $modules)
    # Nix comes last in PATH, so that a system uses its own.
    makeWrapper ${nodejs}/bin/node $out/bin/microvm-emit \
      --add-flags $modules/microvm-emit/dist/bin/microvm-emit.js \
      --suffix PATH : ${lib.makeBinPath [ nix ]}
    installShellCompletion --cmd microvm-emit \
      --bash packages/emit/completions/microvm-emit.bash \
      --zsh packages/emit/completions/_microvm-emit \
      --fish packages/emit/completions/microvm-emit.fish
    runHook postInstall
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    runHook preInstallCheck
    [ "$($out/bin/microvm-emit --version)" = "$version" ]
    runHook postInstallCheck
  '';

  passthru = { inherit cutLock cutRoot; };

  meta = {
    description = "Emits a NixOS flake from a typed description of hosts and their microVMs";
    license = lib.licenses.mit;
    mainProgram = "microvm-emit";
  };
}
