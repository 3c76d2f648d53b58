import { type AgentPlan, gitHosts, type GroupPlan, type ToolchainPlan, type UserPlan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  blankLine,
  comment,
  dynamic,
  type Expr,
  ident,
  inheritFrom,
  list,
  nix,
  select,
} from "@microvm-emit/nix-ast";
import { agentState, packageInHomeManager, packageSetOf } from "./agents.js";
import { moduleOf } from "./module.js";
import { bindingAt, input, lib, packageFrom, packages } from "./terms.js";

/** What every guest has. */
export const base = (): Expr => nix`
# What every guest has.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  networking = {
    useDHCP = false;
    useNetworkd = true;
    tempAddresses = "disabled";
  };
  systemd.network.enable = true;
  services.resolved.enable = true;

  services.openssh = {
    enable = true;
    # Keys alone let in, and root only where \`microvm -s\` asks for it, over vsock.
    settings = {
      PasswordAuthentication = lib.mkDefault false;
      KbdInteractiveAuthentication = lib.mkDefault false;
      PermitRootLogin = lib.mkIf (!config.microvm.vsock.ssh.enable) (lib.mkDefault "no");
    };
  };
  # Who is not in \`wheel\` cannot even try it.
  security.sudo.execWheelOnly = lib.mkDefault true;

  # The first \`git clone git@…\` has nobody to confirm the host's key.
  programs.ssh.knownHosts = ${attrs(
    Object.values(gitHosts).map(({ name, hostKey }) => binding([name, "publicKey"], lib("mkDefault", hostKey))),
  )};

  # Over SSH, TERM names the terminal of the client, and ncurses does not have all of them.
  environment.systemPackages = lib.filter (output: output != null) (
    map (name: pkgs.\${name}.terminfo or null) [
      "alacritty"
      "foot"
      "ghostty"
      "kitty"
      "tmux"
      "wezterm"
    ]
  );

  # Log-in is by key: without this, \`users.mutableUsers = false\` asks for a password of root's.
  users.allowNoPasswordLogin = lib.mkDefault true;

  # The host makes an image larger before the guest starts; the guest grows the filesystem on it.
  fileSystems = lib.listToAttrs (
    map (volume: lib.nameValuePair volume.mountPoint { autoResize = lib.mkDefault true; }) (
      builtins.filter (
        volume:
        volume.mountPoint != null
        && !volume.readOnly
        && builtins.elem volume.fsType [
          "btrfs"
          "ext4"
          "xfs"
        ]
      ) config.microvm.volumes
    )
  );

  # A guest that is thrown away need not wait for stragglers.
  systemd.settings.Manager.DefaultTimeoutStopSec = "5s";
}
`;

/** The clock of the host, by KVM. */
export const hostClock = (): Expr => nix`
# KVM hands over the host's clock: without a network, and right after the host slept. Where it does not, because the host's clock
# source is not TSC, systemd-timesyncd stays. Both leave the clock to another service that a module enables.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  systemd.services = lib.mkIf config.services.timesyncd.enable {
    systemd-timesyncd = {
      wants = [ "modprobe@ptp_kvm.service" ];
      after = [ "modprobe@ptp_kvm.service" ];
      unitConfig.ConditionPathExists = "!/sys/module/ptp_kvm";
    };
    host-clock = {
      description = "Clock of the host";
      wantedBy = [ "multi-user.target" ];
      wants = [ "modprobe@ptp_kvm.service" ];
      after = [ "modprobe@ptp_kvm.service" ];
      unitConfig.ConditionPathExists = "/sys/module/ptp_kvm";
      serviceConfig = {
        ExecStart = lib.escapeShellArgs [
          "\${pkgs.chrony}/bin/chronyd"
          "-n"
          "-u"
          "root"
          "refclock PHC /dev/ptp_kvm poll 2 dpoll -2"
          "makestep 1 -1"
          "port 0"
          "cmdport 0"
          "bindcmdaddress /"
          "pidfile /run/host-clock/pid"
        ];
        Restart = "on-failure";
        RuntimeDirectory = "host-clock";
        CapabilityBoundingSet = [ "CAP_SYS_TIME" ];
        DeviceAllow = [ "char-ptp rw" ];
        NoNewPrivileges = true;
        PrivateNetwork = true;
        ProtectHome = true;
        ProtectSystem = "strict";
      };
    };
  };
}
`;

/** What a guest has that learns at boot which VM it is. */
export const guest = (): Expr => nix`
# Which VM it is comes on the kernel's command line: one system serves all that differ in nothing else.
{ config, lib, ... }:
{
  networking.hostName = "";
  system.name = lib.mkDefault "guest";
  microvm.machineId = null;

  # Brings the network's files from there to systemd-networkd.
  systemd.additionalUpstreamSystemUnits = [ "systemd-network-generator.service" ];
  systemd.services.systemd-network-generator.wantedBy = [ "sysinit.target" ];

  systemd.tmpfiles.rules = [ "f^ /run/vm-environment 0444 root root - vm.environment" ];
  systemd.services.systemd-tmpfiles-setup.serviceConfig.ImportCredential = [ "vm.environment" ];
  environment.extraInit = ''
    if [ -r /run/vm-environment ]; then
      . /run/vm-environment
    fi
  '';

  assertions =
    let
      own = "In microvm-emit's config, give the VM \`guest: \\"own\\"\`, or write it there.";
    in
    [
      {
        assertion = config.microvm.interfaces == [ ];
        message = "A guest that VMs share has no \`microvm.interfaces\`: they would all have the same. \${own}";
      }
      {
        assertion = lib.all (name: !lib.hasPrefix "10-e" name) (
          builtins.attrNames config.systemd.network.networks
        );
        message = "\`systemd.network.networks.\\"10-e\\"\` would replace what a guest learns of its network at boot. \${own}";
      }
    ]
    ++ map (mountPoint: {
      assertion = false;
      message = "\`fileSystems.\\"\${mountPoint}\\"\` has no device. If it is a share, set \`neededForBoot: true\` on it in microvm-emit's config, or give the VM \`guest: \\"own\\"\`.";
    }) (builtins.attrNames (lib.filterAttrs (_: { device, ... }: device == null) config.fileSystems));
}
`;

/** SSH host keys that the host made, so that a rebuilt guest is still known by name. */
export const sshHostKeys = (): Expr =>
  moduleOf(
    comment(
      binding(
        ["services", "openssh", "hostKeys"],
        [{ path: "/etc/ssh/host-keys/ssh_host_ed25519_key", type: "ed25519" }],
      ),
      { before: "Shared by the host, so that a rebuilt guest is still the one its clients know." },
    ),
  );

/** A store that takes writes, on an overlay that is gone at shutdown. */
export const writableStore = (overlay: string, nixpkgs: string): Expr =>
  moduleOf(
    binding(["microvm", "writableStoreOverlay"], overlay),
    blankLine(
      comment(binding(["nixpkgs", "flake", "source"], lib("mkDefault", input(nixpkgs, "outPath"))), {
        before:
          "The guest's own nixpkgs is that of `nix shell nixpkgs#hello` and `nix-shell -p`, as nixosSystem has it.",
      }),
    ),
    binding(["nix", "settings", "experimental-features"], lib("mkDefault", ["nix-command", "flakes"])),
    binding(["nix", "channel", "enable"], lib("mkDefault", false)),
    blankLine(
      comment(
        binding(
          ["systemd", "mounts"],
          list([
            attrs([
              binding("what", "store"),
              binding("where", "/nix/store"),
              binding("overrideStrategy", "asDropin"),
              binding(["unitConfig", "DefaultDependencies"], false),
            ]),
          ]),
        ),
        {
          before: [
            "Shutdown would hang unmounting /nix/store, from which umount itself runs:",
            "https://github.com/microvm-nix/microvm.nix/issues/170",
          ],
        },
      ),
    ),
    blankLine(
      comment(binding(["nix", "gc", "automatic"], lib("mkForce", false)), {
        before: "Collecting garbage in an overlay hides paths of the host's store from the guest.",
      }),
    ),
  );

/** Starts programs that were built for other distributions. */
export const unpatchedBinaries = (): Expr => nix`
# Programs that were built for other distributions, as npm, PyPI and VS Code download them.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  programs.nix-ld.enable = lib.mkDefault true;

  # Many scripts begin with it. envfs has it and all else of /bin and /usr/bin.
  systemd.tmpfiles.settings.bin-bash = lib.mkIf (!config.services.envfs.enable) {
    "/bin/bash"."L+".argument = "\${pkgs.bashInteractive}/bin/bash";
  };
}
`;

/** The host's user, with the ids that it has there, since virtiofs carries ids; or a user of the guest, with its own. */
export const user = (
  { path: origin, name, extraGroups, homeDirectory, sshKeys, home, ...ids }: UserPlan,
  isHostUser: boolean,
): Expr => {
  const usesZsh = home.some(({ kind }) => kind === "zsh");
  const hostUser = ident("hostUser");
  return moduleOf(
    bindingAt(
      [...origin, "gid"],
      ["users", "groups", isHostUser ? dynamic(select(hostUser, "group")) : (ids.group ?? name), "gid"],
      isHostUser ? select(hostUser, "gid") : ids.gid,
    ),
    bindingAt(
      origin,
      ["users", "users", name],
      attrs([
        binding("isNormalUser", true),
        ...(isHostUser
          ? [inheritFrom(hostUser, "uid", "group")]
          : [binding("uid", ids.uid), binding("group", ids.group)]),
        ...(homeDirectory === `/home/${name}` ? [] : [binding("home", homeDirectory)]),
        ...(extraGroups.length === 0 ? [] : [binding("extraGroups", extraGroups)]),
        ...(usesZsh
          ? [
              comment(binding("shell", lib("mkOverride", 900, select(ident("pkgs"), "zsh"))), {
                before: "Stronger than NixOS's default, weaker than a module of one's own.",
              }),
            ]
          : []),
        ...(sshKeys.length === 0 ? [] : [binding(["openssh", "authorizedKeys", "keys"], sshKeys)]),
      ]),
    ),
    ...(usesZsh ? [binding(["programs", "zsh", "enable"], true)] : []),
  );
};

/** What makes a user root where it asks for it. */
export const sudo = (user: string): Expr =>
  moduleOf(
    binding(["users", "users", user, "extraGroups"], ["wheel"]),
    comment(binding(["security", "sudo", "wheelNeedsPassword"], false), {
      before: "Who logs in by key has no password to give.",
    }),
  );

/** Groups that are no user's own, with the ids that the host knows. */
export const groups = (plans: readonly Omit<GroupPlan, "path">[]): Expr =>
  moduleOf(...plans.map(({ name, gid }) => binding(["users", "groups", name, "gid"], gid)));

/** A coding agent and where it finds its login. */
export const agent = (plan: AgentPlan, user: UserPlan): Expr =>
  moduleOf(
    binding(["environment", "systemPackages"], list([packageFrom(packageSetOf(plan), plan.package)])),
    ...(plan.state === null ? [] : agentState(plan.state, user)),
    ...(user.home.length === 0 ? [] : packageInHomeManager(plan, user)),
  );

/** A toolchain's packages and environment. */
export const toolchain = ({ packages: plans, environment, searchPath }: ToolchainPlan): Expr => {
  const variables = { ...environment, ...(searchPath.length === 0 ? {} : { PATH: searchPath }) };
  return moduleOf(
    binding(["environment", "systemPackages"], packages(plans)),
    ...(Object.keys(variables).length === 0 ? [] : [binding(["environment", "variables"], attrs(variables))]),
  );
};
