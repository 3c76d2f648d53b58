# A Nix store that the guest can write to, on an overlay.
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
    description = "Where `nix shell nixpkgs#hello` and `nix-shell -p` of the guest find nixpkgs.";
  };

  config = lib.mkIf (config.microvm.writableStoreOverlay != null) {
    nixpkgs.flake.source = lib.mkDefault config.microvm-emit.nixpkgs;
    nix.settings.experimental-features = lib.mkDefault [
      "nix-command"
      "flakes"
    ];
    nix.channel.enable = lib.mkDefault false;

    # Shutdown would hang unmounting /nix/store, from which umount itself runs:
    # https://github.com/microvm-nix/microvm.nix/issues/170
    systemd.mounts = [
      {
        what = "store";
        where = "/nix/store";
        overrideStrategy = "asDropin";
        unitConfig.DefaultDependencies = false;
      }
    ];

    # Collecting garbage in an overlay hides paths of the host's store from the guest.
    nix.gc.automatic = lib.mkForce false;
  };
}
