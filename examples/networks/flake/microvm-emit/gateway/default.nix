# A reverse proxy on the host that adds API keys to requests of VMs, so that no VM has a key.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (config.microvm-emit) gateway;
  facts = import ./facts.nix { inherit config lib; };
  inherit (facts) rights;
  hardening = import ../hardening.nix;

  runtime = "/run/microvm-gateway";
  nginx = "${gateway.package}/bin/nginx -c /etc/microvm/gateway.conf";

  # One credential for each file, even if several VMs use it.
  credentialOf = file: "key-${builtins.substring 0 16 (builtins.hashString "sha256" file)}";
  files = lib.unique (map ({ file, ... }: file) (lib.concatLists (builtins.attrValues rights)));

  settings = builtins.mapAttrs (
    name: vms:
    let
      inherit (facts.providers.${name}) host hostPort;
    in
    {
      inherit host;
      port = hostPort;
      vms = map (right: {
        inherit (right) name file addresses;
        upstream = facts.upstreamOf name right.name;
        credential = credentialOf right.file;
      }) vms;
    }
  ) rights;

  service = hardening.proxy // {
    User = "microvm-gateway";
    Group = "microvm-gateway";
    RuntimeDirectory = "microvm-gateway";
    RuntimeDirectoryMode = "0700";
    RuntimeDirectoryPreserve = true;
    UMask = "0077";
    # A core dump would contain keys.
    LimitCORE = 0;
  };
  # A reload keeps an old worker of nginx for each open stream, so reload only after a change.
  reloadIfChanged = ''-+${pkgs.runtimeShell} -c "if ${pkgs.coreutils}/bin/rm ${runtime}/changed 2>/dev/null; then ${config.systemd.package}/bin/systemctl try-reload-or-restart --no-block microvm-gateway.service; fi"'';
in
{
  imports = [ ./options.nix ];

  config = lib.mkMerge [
    {
      assertions = map (message: {
        assertion = false;
        inherit message;
      }) facts.mistakes;
    }
    (lib.mkIf facts.isActive {
      environment.etc = {
        "microvm/gateway.conf".text = import ./nginx.nix { inherit facts lib runtime; };
        "microvm/gateway.json".text = builtins.toJSON settings;
      };

      users.users.microvm-gateway = {
        isSystemUser = true;
        group = "microvm-gateway";
        description = "API keys of MicroVMs";
      };
      users.groups.microvm-gateway = { };

      systemd = lib.mkIf config.microvm.host.enable {
        # The proxy gets its sockets from systemd, because a bridge or tap can get its address after the proxy starts.
        sockets.microvm-gateway = {
          description = "API keys of MicroVMs";
          wantedBy = [ "sockets.target" ];
          listenStreams = facts.listen;
          socketConfig.FreeBind = true;
        };
        services = {
          microvm-gateway = {
            description = "API keys of MicroVMs";
            wantedBy = [ "multi-user.target" ];
            # The rules make source addresses unforgeable, so there is no proxy without them.
            bindsTo = [ "microvm-policy.service" ];
            requires = [
              "microvm-gateway.socket"
              "microvm-gateway-keys.service"
            ];
            after = [
              "microvm-gateway-keys.service"
              "microvm-gateway.socket"
              "microvm-policy.service"
              "network.target"
            ];
            reloadTriggers = [ config.environment.etc."microvm/gateway.conf".source ];
            # nginx takes over the sockets in this variable, by file descriptor. systemd passes them from number 3.
            environment.NGINX = lib.concatStrings (
              lib.imap0 (position: _: "${toString (3 + position)};") facts.listen
            );
            serviceConfig = service // {
              Type = "exec";
              ExecStart = nginx;
              # nginx keeps its configuration if the new one is invalid.
              ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
              KillMode = "mixed";
              Restart = "always";
              RestartSec = 2;
              LimitNOFILE = 65536;
            };
          };
          microvm-gateway-keys = {
            description = "Reader of API keys for MicroVMs";
            restartTriggers = [ config.environment.etc."microvm/gateway.json".source ];
            # A deployment can replace several key files within a second.
            startLimitIntervalSec = 0;
            serviceConfig = service // {
              Type = "oneshot";
              ExecStart = "${pkgs.python3}/bin/python3 ${./prepare.py} /etc/microvm/gateway.json ${runtime}";
              ExecStartPost = reloadIfChanged;
              LoadCredential = map (file: "${credentialOf file}:${file}") files;
              # The value if the file is missing. Otherwise, one missing file would stop the keys of all VMs.
              SetCredential = map (file: "${credentialOf file}:missing") files;
              # Without messages of systemd about each start.
              LogLevelMax = "notice";
            };
          };
        };
        paths.microvm-gateway-keys = {
          description = "Changes of API keys for MicroVMs";
          wantedBy = [ "multi-user.target" ];
          pathConfig.PathChanged = files;
        };
        # nginx before 1.27.3 resolves the names of servers only when it loads its configuration.
        timers.microvm-gateway-keys = {
          description = "Addresses of APIs for MicroVMs";
          wantedBy = [ "timers.target" ];
          timerConfig = {
            OnActiveSec = "1min";
            OnUnitInactiveSec = "1min";
          };
        };
      };
    })
  ];
}
