/** Each kind of text, with a value that the model refuses and a similar one that it accepts. */
import { describe, expect, it } from "vitest";
import { emptyLock, planConfig, type Problem } from "../src/index.js";
import { config } from "./config.js";

const host = (settings: object): unknown => config({ a: {} }, settings);
const vm = (settings: object): unknown => config({ a: settings });
const hosts = (config({ a: {} }) as { readonly hosts: { readonly h: object } }).hosts;
const whole = (settings: object): unknown => settings;

const problemsOf = (input: unknown): readonly Problem[] => {
  const planned = planConfig(input, emptyLock);
  return planned._tag === "Left" ? planned.left : planned.right.warnings;
};

const rows: readonly (readonly [kind: string, fails: unknown, passes: unknown])[] = [
  ["address", vm({ interfaces: [{ address: "10.0.0.300" }] }), vm({ interfaces: [{ address: "10.0.0.30" }] })],
  [
    "cidr",
    host({ bridges: { br0: { address: "192.168.83.0/24" } } }),
    host({ bridges: { br0: { address: "192.168.83.1/24" } } }),
  ],
  [
    "destination",
    vm({ network: "allowlist", allow: ["https://github.com/"] }),
    vm({ network: "allowlist", allow: ["github.com:22,443", "[fd00::5]:443", "npm"] }),
  ],
  [
    "device",
    vm({ devices: [{ bus: "pci", path: "0000:01:00.0; reboot" }] }),
    vm({ devices: [{ bus: "pci", path: "0000:01:00.0" }] }),
  ],
  [
    "domain",
    vm({ toolchains: [{ name: "mine", packages: ["hello"], domains: ["https://example.org/"] }] }),
    vm({ toolchains: [{ name: "mine", packages: ["hello"], domains: ["example.org"] }] }),
  ],
  [
    "file name",
    vm({ hypervisor: "qemu", credentialFiles: { "keys/api": "/run/secrets/api" } }),
    vm({ hypervisor: "qemu", credentialFiles: { API_KEY: "/run/secrets/api" } }),
  ],
  [
    "flake ref",
    whole({ inputs: { mine: "github:me/my flake" }, hosts }),
    whole({ inputs: { mine: "github:me/my-flake" }, hosts }),
  ],
  [
    "follows",
    whole({ inputs: { mine: { url: "github:me/mine", follows: { nixpkgs: "github:nixos/nixpkgs" } } }, hosts }),
    whole({ inputs: { mine: { url: "github:me/mine", follows: { nixpkgs: "nixpkgs" } } }, hosts }),
  ],
  ...["10.0.0.3", "fd00::6%eth0", "fd00::6/64", "host"].map(
    (ipv6) =>
      [
        "IPv6 address",
        vm({ interfaces: [{ ipv6 }] }),
        config(
          { a: { interfaces: [{ ipv6: "fd00::6" }] } },
          { bridges: { br0: { address: "10.0.0.1/24", ipv6: "fd00::1/64" } } },
        ),
      ] as const,
  ),
  ["group name", vm({ groups: { "Data Team": { gid: 2000 } } }), vm({ groups: { "data-team": { gid: 2000 } } })],
  ["host name", host({ vms: { my_vm: {} } }), host({ vms: { "my-vm": {} } })],
  [
    "input attribute",
    whole({
      inputs: { fleet: "github:me/fleet" },
      hosts: { h: { ...hosts.h, importedVms: { web: { evaluatedConfig: "fleet" } } } },
    }),
    whole({
      inputs: { fleet: "github:me/fleet" },
      hosts: { h: { ...hosts.h, importedVms: { web: { evaluatedConfig: "fleet.nixosConfigurations.web" } } } },
    }),
  ],
  [
    "input name",
    whole({ inputs: { in: "github:me/mine" }, hosts }),
    whole({ inputs: { mine: "github:me/mine" }, hosts }),
  ],
  [
    "interface name",
    host({ bridges: { "br 0": { address: "192.168.83.1/24" } }, vms: {} }),
    host({ bridges: { "br-0": { address: "192.168.83.1/24" } }, vms: {} }),
  ],
  [
    "label",
    vm({ volumes: [{ image: "var.img", sizeMiB: 8192, mountPoint: "/var", label: "the guest's own /var" }] }),
    vm({ volumes: [{ image: "var.img", sizeMiB: 8192, mountPoint: "/var", label: "var" }] }),
  ],
  ["mac", vm({ interfaces: [{ mac: "03:00:00:00:00:05" }] }), vm({ interfaces: [{ mac: "02:00:00:00:00:55" }] })],
  ["machine id", vm({ machineId: "my-machine" }), vm({ machineId: "a67472e5-570e-5c8a-b18c-ae3c77701050" })],
  ["module", host({ modules: ["configuration.nix"] }), host({ modules: ["./configuration.nix"] })],
  ["package name", vm({ packages: ["nodejs@22"] }), vm({ packages: ["nodejs_22"] })],
  ["path", vm({ workspace: "~/../bob" }), vm({ workspace: "~/project" })],
  [
    "reason",
    vm({
      volumes: [{ image: "/srv/data.img", mountPoint: "/data", autoCreate: false, label: "data" }],
      silence: { "label-without-creation": "" },
    }),
    vm({
      volumes: [{ image: "/srv/data.img", mountPoint: "/data", autoCreate: false, label: "data" }],
      silence: { "label-without-creation": "the image has its label already" },
    }),
  ],
  [
    "secret name",
    vm({ secrets: { "anthropic key": "/run/secrets/anthropic" } }),
    vm({ secrets: { ANTHROPIC_API_KEY: "/run/secrets/anthropic" } }),
  ],
  [
    "serial",
    vm({ volumes: [{ image: "var.img", sizeMiB: 8192, mountPoint: "/var", serial: "the disk of the guest a" }] }),
    vm({ volumes: [{ image: "var.img", sizeMiB: 8192, mountPoint: "/var", serial: "a-var" }] }),
  ],
  [
    "share tag",
    vm({ shares: [{ tag: "my data", source: "/srv/data" }] }),
    vm({ shares: [{ tag: "my-data", source: "/srv/data" }] }),
  ],
  ["socket", vm({ socket: "/run/a.socket" }), vm({ socket: "a.socket" })],
  [
    "ssh key",
    host({ user: { name: "alice", sshKeys: ["~/.ssh/id_ed25519.pub"] } }),
    host({
      user: {
        name: "alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice@host"],
      },
    }),
  ],
  ["state version", host({ stateVersion: "unstable" }), host({ stateVersion: "25.11" })],
  [
    "text",
    host({ user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice\nssh-ed25519 AAAAB alice"] } }),
    host({ user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice", "ssh-ed25519 AAAAB alice"] } }),
  ],
  [
    "user name",
    vm({ users: { "Bob Jones": { uid: 1001, gid: 100 } } }),
    vm({ users: { bob: { uid: 1001, gid: 100 } } }),
  ],
  [
    "variable name",
    vm({ toolchains: [{ name: "mine", packages: ["hello"], environment: { "MY-FLAGS": "1" } }] }),
    vm({ toolchains: [{ name: "mine", packages: ["hello"], environment: { MY_FLAGS: "1" } }] }),
  ],
  [
    "variable value",
    vm({ toolchains: [{ name: "mine", packages: ["hello"], environment: { FLAGS: "$(id)" } }] }),
    vm({ toolchains: [{ name: "mine", packages: ["hello"], environment: { FLAGS: "$HOME/flags" } }] }),
  ],
  [
    "vlan id",
    host({ bridges: { br0: { address: "192.168.83.1/24", vlans: { "1": { address: "192.168.10.1/24" } } } } }),
    host({ bridges: { br0: { address: "192.168.83.1/24", vlans: { "10": { address: "192.168.10.1/24" } } } } }),
  ],
  ["module path", host({ modules: ["/etc/nixos/configuration.nix"] }), host({ modules: ["./configuration.nix"] })],
  ["group of NixOS", vm({ groups: { kvm: { gid: 2000 } } }), vm({ groups: { lab: { gid: 2000 } } })],
  [
    "mount point",
    vm({ shares: [{ tag: "s", source: "/srv/s", mountPoint: "/nix/store" }] }),
    vm({ shares: [{ tag: "s", source: "/srv/s", mountPoint: "/mnt/s" }] }),
  ],
  ["user of NixOS", vm({ users: { sshd: { uid: 1001, gid: 100 } } }), vm({ users: { bob: { uid: 1001, gid: 100 } } })],
  [
    "code to silence",
    host({ user: { name: "alice" }, silence: { "no-logn": "keys come later" } }),
    host({ user: { name: "alice" }, silence: { "no-login": "keys come later" } }),
  ],
  [
    "error to silence",
    vm({ silence: { "duplicate-mac": "they are never on at once" } }),
    vm({ interfaces: [{ mac: "02:00:00:00:00:77" }] }),
  ],
];

describe.each(rows)("text of the kind %s", (_, fails, passes) => {
  it("is refused with its value and a remedy", () => {
    const refused = problemsOf(fails).filter(({ code }) => code === "bad-value");
    expect(refused).toHaveLength(1);
    for (const { severity, path, message, remedy } of refused) {
      expect(severity).toBe("error");
      const value = path.reduce<unknown>(
        (whole, step) => (whole as Readonly<Record<string | number, unknown>> | undefined)?.[step],
        fails,
      );
      // A name is the last step of its path.
      expect(
        [value, path.at(-1)].filter(
          (text) => typeof text === "string" && message.includes(JSON.stringify(text).slice(1, -1)),
        ),
      ).not.toEqual([]);
      expect(remedy).toMatch(/^\S+ \S.*[.?]$/s);
    }
  });

  it("is accepted if it has the right form", () => {
    expect(problemsOf(passes).filter(({ severity }) => severity === "error")).toEqual([]);
  });
});
