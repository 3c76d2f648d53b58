#!/usr/bin/env bash
# nixos-rebuild switch --flake REFERENCE#HOST: builds a host with the flake inputs in /root/inputs and switches to it.
set -euo pipefail
[ "$1 $2" = "switch --flake" ]
reference=${3%#*} host=${3##*#}
overrides=()
while read -r input folder; do
  overrides+=(--override-input "$input" "path:/root/inputs/$folder")
done </root/inputs/overrides
export NIX_CONFIG
NIX_CONFIG=$(</root/inputs/nix.conf)
system=$(nix build --no-write-lock-file --no-link --print-out-paths "${overrides[@]}" \
  "$reference#nixosConfigurations.$host.config.system.build.toplevel")
nix-env --profile /nix/var/nix/profiles/system --set "$system"
exec "$system/bin/switch-to-configuration" switch
