{ inputs, lib, ... }:
{
  microvm.writableStoreOverlay = "/nix/.rw-store";

  # The guest's own nixpkgs is that of `nix shell nixpkgs#hello` and `nix-shell -p`, as nixosSystem has it.
  nixpkgs.flake.source = lib.mkDefault inputs.nixpkgs.outPath;
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
}
