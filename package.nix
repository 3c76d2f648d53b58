# The command line. package-lock.json holds the hash of every tarball and no address, so npm itself
# fetches each of them, and Nix checks it against the lock: there is no hash to keep in this file.
{
  installShellFiles,
  lib,
  makeWrapper,
  nodejs,
  stdenv,
  writeText,
}:

let
  readJSON = file: builtins.fromJSON (builtins.readFile file);
  root = readJSON ./package.json;
  lock = readJSON ./package-lock.json;

  # What compiles the sources; the bundler (a program for each platform), the linters and test tools of the root are neither fetched nor installed.
  compiler = [
    "@types/node"
    "@types/sarif"
    "typescript"
    "undici-types"
  ];
  onlyCompiler = lib.filterAttrs (name: _: builtins.elem name compiler);

  nameOf = path: lib.last (lib.splitString "node_modules/" path);

  # The plugin is no part of the command line, and brings all of Prettier.
  plugin = [
    "node_modules/prettier"
    "node_modules/prettier-plugin-nix"
    "packages/prettier-plugin-nix"
  ];
  workspaces = [
    "packages/nix-ast"
    "packages/microvm-model"
    "packages/emit"
  ];

  isNeeded =
    path: module:
    !(builtins.elem path plugin) && (!(module.dev or false) || builtins.elem (nameOf path) compiler);

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
    devDependencies = onlyCompiler root.devDependencies;
  };
  cutLock = lock // {
    packages =
      builtins.mapAttrs (
        path: module:
        module // lib.optionalAttrs (module ? integrity) { resolved = "file:${tarball path module}"; }
      ) (lib.filterAttrs isNeeded lock.packages)
      // {
        "" = lock.packages."" // {
          inherit workspaces;
          devDependencies = onlyCompiler lock.packages."".devDependencies;
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
    runHook postBuild
  '';

  installPhase = ''
    runHook preInstall
    npm prune --offline --ignore-scripts --omit=dev
    mkdir -p $out/lib/microvm-emit
    cp -r node_modules packages package.json $out/lib/microvm-emit
    makeWrapper ${nodejs}/bin/node $out/bin/microvm-emit \
      --add-flags $out/lib/microvm-emit/packages/emit/dist/cli/main.js
    installShellCompletion --cmd microvm-emit \
      --bash packages/emit/completions/microvm-emit.bash \
      --zsh packages/emit/completions/_microvm-emit \
      --fish packages/emit/completions/microvm-emit.fish
    runHook postInstall
  '';

  passthru = { inherit cutLock cutRoot; };

  meta = {
    description = "Emits a NixOS flake from a typed description of hosts and their microVMs";
    license = lib.licenses.mit;
    mainProgram = "microvm-emit";
  };
}
