#!/usr/bin/env bash
# Tries the packed packages with other compilers, runtimes, package managers and bundlers, which npm downloads. It takes minutes,
# so CI runs only test/packaging/run.sh. `NOT TESTED` marks a program that could not be downloaded.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# Runs a command quietly, and reports its result.
try() {
  local name=$1 log=$work/log
  shift
  if "$@" >"$log" 2>&1; then
    echo "ok          $name"
  else
    echo "FAILED      $name"
    tail -n 15 "$log" | sed 's/^/    /'
    failed=1
  fi
}

# Installs programs into a folder of their own.
download() {
  local folder=$1
  shift
  mkdir -p "$folder"
  if [ -d "$folder/node_modules" ] || npm install --silent --no-save --prefix "$folder" "$@" >"$work/log" 2>&1; then
    return 0
  fi
  echo "NOT TESTED  $*: npm cannot install it"
  tail -n 3 "$work/log" | sed 's/^/    /'
  return 1
}

# Succeeds if a program prints the line.
prints() {
  local text=$1
  shift
  "$@" | grep -qx "$text"
}

# A project with the packed packages.
consumer() {
  mkdir -p "$1"
  cp "$here"/matrix/* "$project"/examples/minimal/{microvm.config.ts,configuration.nix} "$1"
  # Its imports exist only there.
  mv "$1/two-copies.txt" "$1/two-copies.ts"
  echo '{ "private": true, "type": "module" }' >"$1/package.json"
}

(cd "$project" && npm pack --silent --workspaces --pack-destination "$work") >/dev/null || exit 1
emit=$(ls "$work"/microvm-emit-[0-9]*.tgz)
ast=$(ls "$work"/microvm-emit-nix-ast-[0-9]*.tgz)
model=$(ls "$work"/microvm-emit-model-[0-9]*.tgz)

# Other versions of bundled dependencies beside, and two copies of nix-ast.
consumer "$work/npm"
cd "$work/npm" || exit 1
npm install --silent zod@3 ip-address@9 @types/node@20 "$emit" "$model" "$ast" "other-nix-ast@file:$ast" || exit 1

for version in 5.4 5.5 5.6 5.7 5.8 5.9 6.0 latest; do
  download "$work/typescript-$version" "typescript@$version" || continue
  tsc=$work/typescript-$version/node_modules/typescript/bin/tsc
  for module in NodeNext Bundler; do
    if [ $module = NodeNext ]; then options=(--module NodeNext); else options=(--module ESNext --moduleResolution Bundler); fi
    try "TypeScript $version, $module" node "$tsc" "${options[@]}" --target ES2022 --strict --exactOptionalPropertyTypes \
      --noUncheckedIndexedAccess --verbatimModuleSyntax --declaration --types node --outDir "out/$version-$module" library.ts two-copies.ts
  done
done
try 'two copies of nix-ast' node out/latest-NodeNext/two-copies.js

for version in 20 22 24; do
  download "$work/node-$version" "node@$version" || continue
  node=$work/node-$version/node_modules/node/bin/node
  try "Node $version, command" "$node" node_modules/microvm-emit/dist/bin/microvm-emit.js microvm.config.ts -o "flake-$version"
  try "Node $version, library" prints emitted "$node" emit.js
done
if download "$work/bun" bun; then
  try 'Bun, library' prints emitted "$work/bun/node_modules/.bin/bun" emit.js
  try 'Bun, command' "$work/bun/node_modules/.bin/bun" node_modules/microvm-emit/dist/bin/microvm-emit.js microvm.config.ts -o flake-bun
fi
if download "$work/deno" deno; then
  try 'Deno, library' prints emitted "$work/deno/node_modules/.bin/deno" run -A emit.js
  try 'Deno, command' "$work/deno/node_modules/.bin/deno" run -A node_modules/microvm-emit/dist/bin/microvm-emit.js microvm.config.ts -o flake-deno
fi

# Bundles for browsers: each prints what it should, and is at most so many kilobytes large, gzipped.
bundled() {
  local most=$1 text=$2 out=$3 kilobytes
  grep -qE "[\"\`']node:[a-z]" "$out" && echo "$out names a module of Node" && return 1
  kilobytes=$(($(gzip -9c "$out" | wc -c) / 1000))
  echo "$out: $kilobytes kB"
  [ $kilobytes -le "$most" ] && prints "$text" node "$out"
}
bundle() {
  local bundler=$1 entry=$2 out=$3
  case $bundler in
  esbuild) npx esbuild "$entry" --bundle --minify --format=esm --platform=browser --log-level=error --outfile="$out" ;;
  rolldown) npx rolldown "$entry" --format esm --minify --platform browser -o "$out" ;;
  webpack) ENTRY=$entry OUT=$out npx webpack -c webpack.config.mjs --stats errors-only ;;
  vite) ENTRY=$entry OUT=$out npx vite build ;;
  esac
}
for bundler in esbuild rolldown vite webpack; do
  consumer "$work/$bundler"
  cd "$work/$bundler" || exit 1
  packages=("$bundler")
  [ $bundler = webpack ] && packages+=(webpack-cli)
  download . "${packages[@]}" "$emit" || continue
  for row in 'print 17 printed' 'emit 240 emitted'; do
    read -r entry most text <<<"$row"
    try "$bundler bundles $entry.js" bundle $bundler "$entry.js" "$entry.out.js"
    try "$bundler keeps $entry.js within $most kB" bundled "$most" "$text" "$entry.out.js"
  done
done

# Package managers. Yarn has no node_modules with PnP.
for linker in hoisted isolated; do
  consumer "$work/pnpm-$linker"
  cd "$work/pnpm-$linker" || exit 1
  printf 'packages: []\nnodeLinker: %s\n' $linker >pnpm-workspace.yaml
  try "pnpm, $linker" npx --yes pnpm@10 add --silent "$emit"
  try "pnpm, $linker, command" npx microvm-emit microvm.config.ts -o flake
  try "pnpm, $linker, library" prints emitted node emit.js
done
consumer "$work/yarn"
cd "$work/yarn" || exit 1
cp "$emit" microvm-emit.tgz
printf 'nodeLinker: pnp\nenableGlobalCache: false\nenableTelemetry: false\n' >.yarnrc.yml
touch yarn.lock
if download "$work/yarn-program" @yarnpkg/cli-dist; then
  yarn=$work/yarn-program/node_modules/@yarnpkg/cli-dist/bin/yarn.js
  try 'Yarn PnP, install' node "$yarn" add microvm-emit@file:./microvm-emit.tgz
  try 'Yarn PnP, command' node "$yarn" microvm-emit microvm.config.ts -o flake
  try 'Yarn PnP, library' prints emitted node "$yarn" node emit.js
fi

if [ -x "${MICROVM_EMIT_NIX_CURRENT:-$(command -v nix)}" ]; then
  try 'package.nix' bash "$here/nix.sh"
else
  echo 'NOT TESTED  package.nix: nix is missing'
fi
exit $failed
