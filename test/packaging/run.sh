#!/usr/bin/env bash
# Installs the packed packages into an empty folder, as a user would, and uses them there: the command on a copied
# config, and the library from a program that is type-checked and run.
set -euo pipefail
project=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

typescript=$(node -p 'require(process.argv[1]).version' "$project/node_modules/typescript/package.json")
(cd "$project" && npm pack --silent --workspaces --pack-destination "$work")

cp -r "$project/test/packaging/consumer" "$work/consumer"
cp -r "$project/test/packaging/strict" "$work/strict"
cp "$project"/examples/minimal/{microvm.config.ts,configuration.nix} "$work/consumer"
cd "$work/consumer"
# The user has other versions of the packages that ours depend on.
npm install --silent --save-exact "typescript@$typescript" zod@3 ip-address@9 "$work"/*.tgz
[ "$(npm ls --parseable | grep -c "$project")" = 0 ] # nothing of it is the checkout's

npx tsc
npx microvm-emit microvm.config.ts -o flake
[ -s flake/flake.nix ]
npx prettier --plugin prettier-plugin-nix --check 'flake/**/*.nix'
grep -qx zod node_modules/microvm-emit/dist/bin/microvm-emit.licences.txt
npx microvm-emit explain duplicate-mac | grep -q 'MAC address'
printf 'hosts: { h: { stateVersion: "26.05", user: { name: alice }, vms: { a: { vcpus: 2 } } } }\n' >wrong.yaml
(npx microvm-emit wrong.yaml 2>&1 || true) | grep -q 'wrong.yaml:1:' # the parts that load late are there too
node program.js | grep -x 'flake.nix [1-9][0-9]*'

# pnpm without hoisting: a package finds only the packages that it declares, and so do the declarations of its users.
cd "$work/strict"
sed -i "s|@TYPESCRIPT@|$typescript|" package.json
cp "$project"/examples/minimal/{microvm.config.ts,configuration.nix} .
cp "$work"/microvm-emit-[0-9]*.tgz microvm-emit.tgz
npx --yes pnpm@10 install --silent --no-frozen-lockfile
npx tsc
npx microvm-emit microvm.config.ts -o flake
[ -s flake/flake.nix ]
megabytes=$(du -sm --exclude='typescript*' node_modules | cut -f 1)
[ "$megabytes" -le 17 ] || { echo "microvm-emit installs $megabytes MB, more than 17 MB"; exit 1; }
echo 'packaging: ok'
