# services.*, programs.*, virtualisation.* that hosts and guests of ours touch.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkDefault mkIf types;
  inherit (types) attrsOf bool either enum int lines listOf nullOr package path port str submodule;
  inherit (lib.declare) flag many maybe named option;

  shellProgram = {
    enable = flag false;
    shellAliases = named (nullOr (either str path));
    shellInit = option lines "";
    loginShellInit = option lines "";
    interactiveShellInit = option lines "";
    promptInit = option lines "";
  };

  ssh = config.services.openssh;
  sshSetting = nullOr (types.oneOf [ bool int str path (listOf str) ]);
in
{
  options = {
    services = {
      openssh = {
        enable = flag false;
        package = option package pkgs.openssh;
        startWhenNeeded = flag false;
        allowSFTP = flag true;
        ports = option (listOf port) [ 22 ];
        openFirewall = flag true;
        listenAddresses = many (submodule { options = { addr = maybe str; port = maybe int; }; });
        hostKeys = option (listOf types.attrs) [
          { type = "rsa"; bits = 4096; path = "/etc/ssh/ssh_host_rsa_key"; }
          { type = "ed25519"; path = "/etc/ssh/ssh_host_ed25519_key"; }
        ];
        banner = maybe lines;
        authorizedKeysFiles = many str;
        authorizedKeysInHomedir = flag true;
        knownHosts = named types.attrs;
        extraConfig = option lines "";
        settings = option
          (submodule {
            freeformType = attrsOf sshSetting;
            options = {
              PasswordAuthentication = option (nullOr bool) true;
              KbdInteractiveAuthentication = option (nullOr bool) true;
              PermitRootLogin = option (nullOr (enum [ "yes" "without-password" "prohibit-password" "forced-commands-only" "no" ])) "prohibit-password";
              UseDns = option (nullOr bool) false;
              X11Forwarding = option (nullOr bool) false;
              GatewayPorts = option (nullOr str) "no";
              LogLevel = option (nullOr (enum [ "QUIET" "FATAL" "ERROR" "INFO" "VERBOSE" "DEBUG" "DEBUG1" "DEBUG2" "DEBUG3" ])) "INFO";
              AllowUsers = maybe (listOf str);
              AllowGroups = maybe (listOf str);
            };
          })
          { };
      };
      resolved = {
        enable = flag false;
        settings = named (attrsOf types.anything);
        fallbackDns = maybe (listOf str);
        domains = option (listOf str) config.networking.search;
        llmnr = option (enum [ "true" "resolve" "false" ]) "true";
        dnssec = option (enum [ "true" "allow-downgrade" "false" ]) "false";
        dnsovertls = option (enum [ "true" "opportunistic" "false" ]) "false";
        extraConfig = option lines "";
      };
      envfs.enable = flag false;
      timesyncd.enable = flag true;
      getty.autologinUser = maybe str;
      journald.extraConfig = option lines "";
      dnsmasq = { enable = flag false; settings = option (attrsOf types.anything) { }; };
      prometheus.exporters.node = {
        enable = flag false;
        port = option port 9100;
        listenAddress = option str "0.0.0.0";
        openFirewall = flag false;
        enabledCollectors = many str;
        disabledCollectors = many str;
        extraFlags = many str;
      };
      tailscale.enable = flag false;
      udev.extraRules = option lines "";
      postgresql = { enable = flag false; package = option package pkgs.postgresql; ensureDatabases = many str; };
      redis.servers = named (submodule { options = { enable = flag false; port = option port 0; }; });
    };

    programs = {
      bash = removeAttrs shellProgram [ "promptInit" ] // { completion.enable = flag true; };
      fish = shellProgram // { vendor.completions.enable = flag true; };
      zsh = shellProgram // {
        enableCompletion = flag true;
        enableBashCompletion = flag false;
        enableGlobalCompInit = flag true;
        enableLsColors = flag true;
        histSize = option int 2000;
        setOptions = option (listOf str) [ "HIST_IGNORE_DUPS" "SHARE_HISTORY" "HIST_FCNTL_LOCK" ];
        autosuggestions.enable = flag false;
        syntaxHighlighting.enable = flag false;
        ohMyZsh = { enable = flag false; plugins = many str; theme = option str ""; };
      };
      git = {
        enable = flag false;
        package = option package pkgs.git;
        config = option (either (attrsOf (attrsOf types.anything)) (listOf (attrsOf (attrsOf types.anything)))) [ ];
        lfs.enable = flag false;
      };
      direnv = { enable = flag false; nix-direnv.enable = flag true; };
      mosh.enable = flag false;
      neovim.enable = flag false;
      nix-ld = { enable = flag false; libraries = many package; };
      ssh = { startAgent = flag false; extraConfig = option lines ""; knownHosts = named (submodule { options = { publicKey = maybe str; hostNames = many str; extraHostNames = many str; }; }); };
      tmux = { enable = flag false; clock24 = flag false; extraConfig = option lines ""; };
    };

    virtualisation = {
      docker = {
        enable = flag false;
        enableOnBoot = flag true;
        rootless.enable = flag false;
        daemon.settings = option (attrsOf types.anything) { };
        autoPrune.enable = flag false;
      };
      podman = { enable = flag false; dockerCompat = flag false; };
      libvirtd.enable = flag false;
    };
  };

  config = {
    programs.bash.enable = mkDefault true;
    users.groups.docker.gid = mkIf config.virtualisation.docker.enable 131;
    networking.firewall.allowedTCPPorts = mkIf (ssh.enable && ssh.openFirewall) ssh.ports;
    systemd.services = {
      sshd = mkIf ssh.enable { description = "SSH Daemon"; wantedBy = [ "multi-user.target" ]; };
      systemd-resolved = mkIf config.services.resolved.enable { wantedBy = [ "sysinit.target" ]; };
      prometheus-node-exporter = mkIf config.services.prometheus.exporters.node.enable { wantedBy = [ "multi-user.target" ]; };
    };
    assertions = [
      {
        assertion = lib.all (key: key ? path && key ? type) ssh.hostKeys;
        message = "services.openssh.hostKeys: every key needs a path and a type.";
      }
    ];
  };
}
