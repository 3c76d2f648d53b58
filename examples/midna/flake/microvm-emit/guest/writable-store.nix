# Makes the Nix store writable with an overlay.
{
  config,
  inputs,
  lib,
  ...
}:
{
  options.microvm-emit.nixpkgs = lib.mkOption {
    type = lib.types.str;
    default = inputs.nixpkgs.outPath;
    defaultText = lib.literalExpression "inputs.nixpkgs";
    description = "Source of nixpkgs for `nix shell nixpkgs#hello` and `nix-shell -p` in the guest.";
  };

  config = lib.mkIf (config.microvm.writableStoreOverlay != null) {
    nixpkgs.flake.source = lib.mkDefault config.microvm-emit.nixpkgs;
    nix.settings.experimental-features = lib.mkDefault [
      "nix-command"
      "flakes"
    ];
    nix.channel.enable = lib.mkDefault false;

    # Otherwise shutdown hangs, because umount itself is in /nix/store.
    # https://github.com/microvm-nix/microvm.nix/issues/170
    systemd.mounts = [
      {
        what = "store";
        where = "/nix/store";
        overrideStrategy = "asDropin";
        unitConfig.DefaultDependencies = false;
      }
    ];

    # Garbage collection in the overlay would hide store paths of the host from the guest.
    nix.gc.automatic = lib.mkForce false;
  };
}
