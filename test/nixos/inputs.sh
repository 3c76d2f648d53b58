#!/usr/bin/env bash
# inputs.sh RIG FACTS FOLDER: copies the flake inputs of RIG to FOLDER and replaces the packages of nixpkgs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rig=$1 facts=$2 folder=$3
mkdir -p "$folder"
cp -r "$rig"/{nixpkgs,microvm,home-manager,inputs,stapelbergnix} "$folder"
nixpkgs=$folder/nixpkgs
# Each build copies the inputs to the store, so leave out large folders that nothing reads.
rm -rf "$nixpkgs"/nixos/tests "$nixpkgs"/corepkgs/{haskell,r,docs,integration-tests,ekaos,examples,services,scripts} \
  "$nixpkgs"/corepkgs/pkgs/{texlive,R,linux-firmware} "$folder"/home-manager/{tests,docs}
mkdir "$folder/home-manager/docs"
cp "$here/debian/home-manager-docs.nix" "$folder/home-manager/docs/default.nix"
cp -r "$here/debian" "$nixpkgs/debian"
cp "$facts" "$nixpkgs/debian/facts.json"
mv "$nixpkgs/debian/packages.nix" "$nixpkgs/rigpkgs.nix"
mv "$nixpkgs/debian/module.nix" "$nixpkgs/nixos/modules/debian.nix"
sed -i '0,/^\[$/s//[\n  .\/debian.nix/' "$nixpkgs/nixos/modules/module-list.nix"
