/** Configs with many settings. */
import { nix } from "@microvm-emit/nix-ast";
import { config } from "../config.js";

const share = { tag: "t", source: "/srv/t" };

export const configs: Readonly<Record<string, unknown>> = {
  networks: config(
    {
      agent: {
        agent: "claude-code",
        toolchains: ["go"],
        network: "allowlist",
        allow: ["github", "*.example.org:8443", "10.9.0.0/16:5432", "9.9.9.9", "[fd0a::/64]:80"],
        reachVms: ["dhcp:80,443", "ipv6"],
        reachHost: [8080, { port: 69, proto: "udp" }],
        interfaces: [{ bridge: "br0" }],
        bandwidthMbitPerSecond: 10,
      },
      dhcp: { firewall: { allowedTCPPorts: [80, 443] }, interfaces: [{ bridge: "br1", address: "dhcp" }] },
      fixed: {
        index: 7,
        nameservers: ["9.9.9.9", "192.168.1.1"],
        network: "none",
        interfaces: [{ bridge: "br1", address: "10.1.0.40", mac: "02:00:00:00:00:AA", tap: "own" }],
        publish: [{ host: 8022, guest: 22 }],
      },
      ipv6: {
        interfaces: [{ bridge: "br2", ipv6: "FD02::0:20" }, { bridge: "br0" }],
        machineId: null,
        vsock: false,
        hypervisor: "qemu",
      },
      lan: {
        network: "open",
        interfaces: [
          { bridge: "lan" },
          { type: "macvtap", link: "eno2", mode: "bridge", address: "192.168.7.5/24", gateway: "192.168.7.1" },
        ],
      },
      none: { interfaces: [] },
      routed: { interfaces: [{ routed: true }] },
      user: {
        hypervisor: "qemu",
        network: "open",
        firewall: false,
        interfaces: [{ type: "user" }, { type: "bridge", bridge: "br0" }],
        forwardPorts: [
          { host: { port: 8080, address: "127.0.0.1" }, guest: { port: 80 } },
          { from: "guest", host: { port: 5432 }, guest: { port: 5432, address: "10.0.2.100" } },
        ],
      },
      vlan: { interfaces: [{ bridge: "br1", vlan: 7 }], network: "internet", allow: ["10.7.7.7:22"] },
    },
    {
      bridges: {
        br0: { address: "10.0.0.1/24", nat: true },
        br1: {
          address: "10.1.0.1/24",
          dhcp: { from: "10.1.0.100", to: "10.1.0.120" },
          nat: { externalInterface: "eno1" },
          vlans: { 7: { address: "10.7.0.1/24", network: "none" }, 8: { ipv6: "fd08::1/64" } },
        },
        br2: { ipv6: "fd02::1/64", nat: { ipv6: true } },
        lan: { address: "192.168.1.9/24", gateway: "192.168.1.1", ports: ["eno3"], network: "open" },
        virbr0: { existing: true, address: "192.168.122.1/24" },
      },
      routed: { address: "10.9.0.1/24", ipv6: "fd09::1/64" },
      stateDirectory: "/srv/vms",
      startupTimeoutSeconds: 300,
      useNotifySockets: true,
      microvm: { host: { enable: false } },
      importedVms: {
        b: { flake: "fleet", updateFlake: "git+file:///f", autostart: true, restartIfChanged: true },
        c: { evaluatedConfig: "fleet.nixosConfigurations.c" },
      },
    },
    {
      description: "a fleet",
      inputs: {
        fleet: { url: "github:me/fleet", follows: { nixpkgs: "nixpkgs" } },
        plain: { url: "path:./x", flake: false },
      },
    },
  ),
  guests: config(
    {
      claude: {
        agent: "claude-code",
        agentState: "own",
        keys: { openai: true },
        secrets: {
          TOKEN: "/run/token",
          other: { file: "~/other", variable: "OTHER" },
          nix: nix`config.sops.secrets.x.path`,
        },
        toolchains: [
          "go",
          "rust",
          { name: "mine", packages: ["hello"], environment: { A: "1" }, domains: ["a.example"] },
        ],
        environment: { B: "2" },
        packages: ["jq", "nixpkgs-unstable.hello"],
        home: [
          { program: "zsh", history: { size: 9 }, init: ["setopt x"] },
          { program: "emacs", package: "emacs-nox", configDirectory: { input: "nixpkgs", path: "emacs" } },
        ],
        users: { bob: { uid: 1001, gid: 1002, sshKeys: [], home: ["zsh"] } },
        groups: { data: { gid: 2000 } },
        sudo: true,
        modules: ["./guest.nix", nix`{ ... }: { }`],
        unpatchedBinaries: true,
        guest: "own",
      },
      codex: {
        agent: "codex",
        agentState: "copy",
        workspace: { repo: "~/src/p", transport: "git", mountPoint: "/w" },
        sshHostKeys: false,
      },
      plain: {
        workspace: false,
        nixpkgs: "nixpkgs-unstable",
        stateVersion: "25.05",
        pkgs: null,
        kernel: "linux",
        kernelParams: ["quiet"],
      },
      twin1: { autostart: true },
      twin2: { restartIfChanged: true },
    },
    {
      user: {
        name: "alice",
        uid: 1005,
        gid: 105,
        homeDirectory: "/data/alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"],
      },
      keys: { anthropic: "/run/anthropic", openai: "/run/openai" },
      modules: ["./host.nix"],
    },
  ),
  hardware: config({
    cloud: {
      vcpu: 3,
      memoryMiB: 1024,
      balloon: { initialMiB: 64, deflateOnOOM: false },
      hugepages: true,
      hotplug: { maxMiB: 1024 },
      limits: { memoryMiB: 4096, cpuPercent: 150, ioWeight: 60, tasks: 500 },
      shares: [
        { ...share, mountPoint: "/t", readOnly: true, cache: "never", socket: "t.sock" },
        { tag: "u", source: "u", owners: "guest", posixAcl: true, extraArgs: ["--x"] },
      ],
      volumes: [
        {
          image: "a.img",
          mountPoint: "/a",
          sizeMiB: 64,
          label: "a",
          fsType: "xfs",
          mkfsExtraArgs: ["-q"],
          serial: "1",
          direct: true,
        },
        { image: "/srv/b.img", autoCreate: false, readOnly: true },
      ],
      devices: [{ bus: "pci", path: "0000:01:00.0" }],
      vsock: { cid: 99, ssh: true },
      writableStoreOverlay: "/nix/.rw",
      microvm: { "cloud-hypervisor": { extraArgs: ["--x"] }, optimize: { enable: false } },
    },
    qemu: {
      hypervisor: "qemu",
      store: { disk: "erofs", flags: ["-zlz4"] },
      socket: "q.sock",
      cpu: "max",
      runAs: "microvm",
      graphics: { backend: "headless", hostMemoryMiB: 512 },
      credentialFiles: { K: "/run/k" },
      shares: [{ ...share, proto: "9p", securityModel: "mapped" }],
      devices: [{ bus: "usb", path: "vendorid=0x046d,productid=0xc52b", qemu: { id: "d" } }],
      microvm: { qemu: { machine: "q35", extraArgs: ["-y"] } },
    },
    small: { memoryMiB: 256, socket: null, sshHostKeys: "/srv/keys", store: "disk", writableStoreOverlay: null },
  }),
};
