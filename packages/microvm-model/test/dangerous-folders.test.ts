/** What of a host is told to be dangerous, by the table and around it. */
import { describe, expect, it } from "vitest";
import { dangersOf } from "../src/catalogue/dangerous-folders.js";

const dangerOf = dangersOf({ user: "alice", directory: "/home/alice" }, "/var/lib/microvms");

const howOf = (source: string, readOnly = false, setting?: string): string | undefined =>
  dangerOf({ source, readOnly, setting })?.how;

describe("dangerous", () => {
  it.each([
    ["/home", "contains alice's whole home (/home/alice)"],
    ["/home/alice", "contains alice's whole home"],
    ["/home/bob", "contains bob's whole home"],
    ["/home/bob/.ssh", "contains bob's SSH keys"],
    ["/home/alice/.ssh/keys", "is in /home/alice/.ssh, which contains alice's SSH keys"],
    ["/home/alice/.config", "contains alice's browser profiles and logins (/home/alice/.config/mozilla)"],
    ["/home/alice/.config/BraveSoftware", "contains alice's browser profiles and logins"],
    ["/home/alice/.local/share", "contains alice's passwords (/home/alice/.local/share/password-store)"],
    [
      "/home/alice/.cargo",
      "contains alice's keys and tokens of clouds, forges and registries (/home/alice/.cargo/credentials.toml)",
    ],
    ["/etc/nixos", "is in /etc, which contains the host's configuration, password hashes and keys"],
    ["/var", "contains the host's data of all services"],
    ["/var/lib/docker/volumes", "is in /var/lib/docker, which contains the host's containers and virtual machines"],
    ["/var/run/docker.sock", "contains the host's control sockets"],
    ["/var/lib/postgresql", "contains the host's data of a service"],
    [
      "/var/lib/vaultwarden/backup",
      "is in /var/lib/vaultwarden, which contains the host's keys and logins of services",
    ],
    ["/run/microvm-policy", "contains the host's firewall rules"],
    ["/var/lib/nftables/deletions.nft", "is in /var/lib/nftables, which contains the host's firewall rules"],
    ["/mnt", "contains the host's mounted disks"],
    ["/persist", "contains the host's homes"],
    ["/persist/home/alice", "contains alice's whole home"],
    ["/nix/persist/etc/ssh", "is in /etc, which contains the host's configuration, password hashes and keys"],
    ["/home/alice/.config/tmux", "contains alice's programs that start automatically"],
    ["/home/alice/.claude", "contains alice's logins, hooks and tools of agents"],
    ["/home/alice/.vibe/logs", "is in /home/alice/.vibe, which contains alice's logins, hooks and tools of agents"],
    ["/home/alice/.local/share/opencode", "contains alice's logins, hooks and tools of agents"],
    ["/run/user/1000", "is in /run/user, which contains the host's control sockets"],
    ["/run/secrets/api-key", "is in /run/secrets, which contains the host's secrets"],
    ["/var/lib/microvms/b", "is in /var/lib/microvms, which contains the host's folders and disks of VMs"],
    ["/nix", "contains the host's Nix profiles, database and daemon (/nix/var)"],
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

  it("depends on writing for public folders, and not for secrets", () => {
    expect(howOf("/usr", true)).toBeUndefined();
    expect(howOf("/usr")).toBeDefined();
    expect(howOf("/var/lib/nftables", true)).toBeUndefined();
    expect(howOf("/etc", true)).toBeDefined();
    expect(howOf("/home/alice/.aws", true)).toBeDefined();
  });

  it("does not apply to the built-in shares of a VM's host keys and secrets", () => {
    expect(howOf("/var/lib/microvm-host-keys/a", true, "sshHostKeys")).toBeUndefined();
    expect(howOf("/var/lib/microvm-host-keys", true, "sshHostKeys")).toBeDefined();
    expect(howOf("/var/lib/microvm-host-keys/a", true, "shares")).toBeDefined();
    expect(howOf("/run/microvm-secrets/a", true, "secrets")).toBeUndefined();
    expect(howOf("/run/microvm-secrets/a", true, "shares")).toBeDefined();
  });

  it("is the same below /persist, where hosts with a temporary root keep folders", () => {
    const kept = dangersOf({ user: "alice", directory: "/persist/home/alice" }, "/nix/persist/var/lib/vms");
    const share = { readOnly: false, setting: undefined };
    for (const root of ["", "/persist", "/nix/persist"]) {
      expect(kept({ ...share, source: `${root}/home/alice/.ssh` })?.how).toBe("contains alice's SSH keys");
      expect(kept({ ...share, source: `${root}/var/lib/vms/a` })?.how).toMatch(/^is in \/var\/lib\/vms,/);
    }
  });
});
