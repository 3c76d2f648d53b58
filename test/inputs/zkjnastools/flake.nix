{
  description = "Stand-in for stapelberg/zkj-nas-tools: the backup module";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs";

  outputs = { self, nixpkgs }: {
    nixosModules.zkjbackup = { systemd.services.zkjbackup = { description = "Backup to the NAS"; serviceConfig.Type = "oneshot"; script = "true"; }; };
  };
}
