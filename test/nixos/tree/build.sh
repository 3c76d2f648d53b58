#!/usr/bin/env bash
# build.sh FOLDER: makes FOLDER/nix, a Nix store with the tree of Debian packages, and the symlink FOLDER/debian-tree to the tree.
# FOLDER/facts.json contains the hash of the tree and the release of its kernel.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
tree=$folder/debian-tree
bash "$here/download.sh" "$folder/apt"
bash "$here/unpack.sh" "$folder/apt/archives" "$tree"
rm -rf "$folder/apt"
mkdir "$folder/nix"
enter() { bash "$here/../enter.sh" "$tree" "$folder/nix" "$folder" "$@"; }
path=$(enter env "NIX_CONFIG=$(cat "$here/../nix.conf")" nix-store --add-fixed --recursive sha256 "$tree")
rm -rf "$tree"
ln -s "nix/store/${path##*/}" "$tree"
hash=$(enter nix-store --query --hash "$path")
releases=("$tree"/lib/modules/*)
printf '{ "hash": "%s", "kernelRelease": "%s" }\n' "$hash" "${releases[0]##*/}" >"$folder/facts.json"
