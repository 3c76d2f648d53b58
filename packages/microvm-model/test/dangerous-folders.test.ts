/** What of a host is told to be dangerous, by the table and around it. */
import { describe, expect, it } from "vitest";
import { dangersOf } from "../src/catalogue/dangerous-folders.js";

const dangerOf = dangersOf({ user: "alice", directory: "/home/alice" }, "/var/lib/microvms");

const howOf = (source: string, readOnly = false, setting?: string): string | undefined =>
  dangerOf({ source, readOnly, setting })?.how;

describe("dangerous", () => {
  it.each([
    ["/home", "holds alice's whole home, in /home/alice"],
    ["/home/alice", "holds alice's whole home"],
    ["/home/bob", "holds bob's whole home"],
    ["/home/bob/.ssh", "holds bob's SSH keys"],
    ["/home/alice/.ssh/keys", "lies in /home/alice/.ssh, with alice's SSH keys"],
    ["/home/alice/.config", "holds alice's browser profiles, with all logins, in /home/alice/.config/mozilla"],
    ["/home/alice/.config/BraveSoftware", "holds alice's browser profiles, with all logins"],
    ["/home/alice/.local/share", "holds alice's passwords, in /home/alice/.local/share/password-store"],
    [
      "/home/alice/.cargo",
      "holds alice's keys and tokens of clouds, forges and registries, in /home/alice/.cargo/credentials.toml",
    ],
    ["/etc/nixos", "lies in /etc, with the host's configuration, password hashes and keys"],
    ["/var", "holds the host's data of all services"],
    ["/var/lib/docker/volumes", "lies in /var/lib/docker, with the host's containers and virtual machines"],
    ["/var/run/docker.sock", "holds the host's control sockets"],
    ["/var/lib/postgresql", "holds the host's data of a service"],
    ["/var/lib/vaultwarden/backup", "lies in /var/lib/vaultwarden, with the host's keys and logins of services"],
    ["/run/microvm-policy", "holds the host's firewall rules"],
    ["/var/lib/nftables/deletions.nft", "lies in /var/lib/nftables, with the host's firewall rules"],
    ["/mnt", "holds the host's disks that are mounted"],
    ["/persist", "holds the host's homes"],
    ["/persist/home/alice", "holds alice's whole home"],
    ["/nix/persist/etc/ssh", "lies in /etc, with the host's configuration, password hashes and keys"],
    ["/home/alice/.config/tmux", "holds alice's programs that start by themselves"],
    ["/home/alice/.claude", "holds alice's agents' own logins, hooks and tools"],
    ["/home/alice/.vibe/logs", "lies in /home/alice/.vibe, with alice's agents' own logins, hooks and tools"],
    ["/home/alice/.local/share/opencode", "holds alice's agents' own logins, hooks and tools"],
    ["/run/user/1000", "lies in /run/user, with the host's control sockets"],
    ["/run/secrets/api-key", "lies in /run/secrets, with the host's secrets"],
    ["/var/lib/microvms/b", "lies in /var/lib/microvms, with the host's folders of VMs, with their disks"],
    ["/nix", "holds the host's Nix profiles, database and daemon, in /nix/var"],
  ])("%s", (source, how) => {
    expect(howOf(source)).toBe(how);
  });

  it.each([
    ...[
      "/srv/data",
      "/home/alice/src",
      "/home/alice/.cargo/registry",
      "/home/alice/.sshfs",
      "/home/alice/.config/emacs",
    ],
    ...[
      "/home/bob/src",
      "/etcetera",
      "/persist/srv",
      "/persisted",
      "/run/media/alice/usb",
      "/mnt/data",
      "/var/lib/postgresql/dumps",
      "/var/lib/data",
      "/nix/store",
    ],
  ])("is not %s", (source) => {
    expect(howOf(source)).toBeUndefined();
  });

  it("is what everyone may read for writing only, and what is secret for reading too", () => {
    expect(howOf("/usr", true)).toBeUndefined();
    expect(howOf("/usr")).toBeDefined();
    expect(howOf("/var/lib/nftables", true)).toBeUndefined();
    expect(howOf("/etc", true)).toBeDefined();
    expect(howOf("/home/alice/.aws", true)).toBeDefined();
  });

  it("is a VM's own host keys and secrets for nobody else", () => {
    expect(howOf("/var/lib/microvm-host-keys/a", true, "sshHostKeys")).toBeUndefined();
    expect(howOf("/var/lib/microvm-host-keys", true, "sshHostKeys")).toBeDefined();
    expect(howOf("/var/lib/microvm-host-keys/a", true, "shares")).toBeDefined();
    expect(howOf("/run/microvm-secrets/a", true, "secrets")).toBeUndefined();
    expect(howOf("/run/microvm-secrets/a", true, "shares")).toBeDefined();
  });

  it("is the same where homes and folders of VMs are kept for a root that is lost", () => {
    const kept = dangersOf({ user: "alice", directory: "/persist/home/alice" }, "/nix/persist/var/lib/vms");
    const share = { readOnly: false, setting: undefined };
    for (const root of ["", "/persist", "/nix/persist"]) {
      expect(kept({ ...share, source: `${root}/home/alice/.ssh` })?.how).toBe("holds alice's SSH keys");
      expect(kept({ ...share, source: `${root}/var/lib/vms/a` })?.how).toMatch(/^lies in \/var\/lib\/vms,/);
    }
  });
});
