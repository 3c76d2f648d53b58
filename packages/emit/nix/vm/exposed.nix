# The paths on the way to `path` that lie in a writable share, where a guest can replace them by symlinks.
{ lib, cfg }:
let
  folders = import ../folders.nix { inherit lib; };
  writable = lib.listToAttrs (
    lib.concatMap (
      { shares, ... }:
      map ({ source, ... }: lib.nameValuePair source null) (
        builtins.filter ({ readOnly, ... }: !readOnly) shares
      )
    ) (builtins.attrValues cfg.vms)
  );
in
path:
let
  steps = folders.stepsOf path;
  outer = builtins.filter (step: step != path && writable ? ${step}) steps;
in
lib.optionals (outer != [ ]) (builtins.filter (lib.hasPrefix "${builtins.head outer}/") steps)
