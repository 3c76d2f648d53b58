#!/usr/bin/env bash
# Builds package.nix with Nix, from the files in Git and the programs of this machine, and runs the command of the result.
set -euo pipefail
project=$(cd "$(dirname "$0")/../.." && pwd)
nix=${MICROVM_EMIT_NIX_CURRENT:-$(command -v nix)}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

mkdir "$work/project"
(cd "$project" && git ls-files -z | xargs -0 cp --parents -t "$work/project")

export NIX_STORE_DIR=$work/store NIX_STATE_DIR=$work/var NIX_LOG_DIR=$work/log NIX_CONF_DIR=$work/etc NIX_REMOTE=
# The derivations of tarballs run npm, which needs the network.
result=$("$nix" --extra-experimental-features nix-command build --no-link --print-out-paths \
  --option sandbox false --option build-users-group '' --option substituters '' --option builders '' --option build-hook '' \
  --file "$work/project/test/packaging/nix/packages.nix" \
  --argstr programs "$(dirname "$(command -v node)"):/usr/bin:/bin" --argstr node "$(command -v node)" --argstr nixCommand "$nix")

version=$(node -p 'require(process.argv[1]).version' "$project/packages/emit/package.json")
[ "$("$result/bin/microvm-emit" --version)" = "$version" ]
cp "$project"/examples/minimal/{microvm.config.ts,configuration.nix} "$work"
(cd "$work" && "$result/bin/microvm-emit" microvm.config.ts -o flake >/dev/null && "$result/bin/microvm-emit" graph microvm.config.ts --format svg | grep -q '<svg')
[ -s "$work/flake/flake.nix" ]
# The command finds the nix of its wrapper.
(cd "$work" && PATH=/nowhere "$result/bin/microvm-emit" check microvm.config.ts 2>&1 || true) >"$work/check.log"
if grep nix-missing "$work/check.log"; then exit 1; fi
du -sm "$result" | sed 's/\t.*/ MB installed by Nix/'
