/** Evaluates `toplevel` of configs other than that of the article, in Nix. */
import { ast, claudeCode, type Config, emacs, type Vm, zsh } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { emitted, hostModule } from "./emitted.js";
import { evalFlake, type Nix, nixes } from "./harness.js";
import { guestConfig, networksOf } from "./identity.js";

const { attrs, call, formals, ident, lambda, list, select } = ast;

const host = (vms: Readonly<Record<string, Vm>>, rest: Partial<Config["hosts"][string]> = {}): Config => ({
  hosts: {
    h: {
      stateVersion: "25.11",
      modules: ["./host.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24", nat: { externalInterface: "eth0" } } },
      vms,
      ...rest,
    },
  },
});

const evaluate = (
  nix: Nix,
  config: Config,
  apply: string,
  files: Readonly<Record<string, string>> = {},
): Promise<unknown> =>
  evalFlake(emitted(config, { "host.nix": hostModule, ...files }), "nixosConfigurations", { nix, apply });

/** `body` with `host`, `guests` and `whole` in scope; `whole` is true if everything evaluates. */
const asking = (body: string): string => `systems:
  let
    host = systems.h.config;
    guests = builtins.mapAttrs (_: ${guestConfig}) host.microvm.vms;
    whole = builtins.all (system: system.config.system.build.toplevel.drvPath != "") (builtins.attrValues systems);
  in assert whole; ${body}`;

describe.each(nixes())("by $version", (nix) => {
  it("a VM with only defaults evaluates", async () => {
    expect(await evaluate(nix, host({ a: {} }), asking("guests.a.networking.hostName"))).toBe("a");
  });

  it("a host without VMs and several hosts evaluate", async () => {
    const config = host({});
    const two = { hosts: { ...config.hosts, i: { ...host({ a: {} }).hosts["h"], system: "aarch64-linux" } } } as Config;
    const apply = asking("map (name: systems.${name}.config.networking.hostName) (builtins.attrNames systems)");
    expect(await evaluate(nix, two, apply)).toEqual(["h", "i"]);
  });

  it("a VM can be on two bridges, and a bridge can have no VMs", async () => {
    const bridges = {
      br0: { address: "10.7.0.1/24", nat: { externalInterface: "eth0" } },
      br1: { address: "10.8.0.1/16" },
      br2: { address: "10.9.0.1/24" },
    };
    const config = host(
      {
        a: { index: 3, interfaces: [{ bridge: "br0" }, { bridge: "br1" }] },
        b: { index: 4, interfaces: [{ bridge: "br1" }] },
        c: { index: 5, interfaces: [{ bridge: "br1", tap: "lan" }] },
      },
      { bridges },
    );
    const apply = asking(`{
      taps = builtins.mapAttrs (_: network: network.matchConfig.Name) (
        builtins.removeAttrs host.systemd.network.networks [ "0-20-br0" "0-20-br1" "0-20-br2" "0-30-unmanaged" ]
      );
      inherit (guests.a.microvm) kernelParams;
      nat = host.networking.nat.internalInterfaces;
    }`);
    const { kernelParams, ...facts } = (await evaluate(nix, config, apply)) as { kernelParams: readonly string[] };
    expect(facts).toEqual({
      taps: { "0-21-br0-tap": "microvm3", "0-21-br1-tap": "microvm3-1 microvm4 lan" },
      nat: ["br0"],
    });
    expect(networksOf(kernelParams)).toEqual({
      "10-e": {
        "Match.PermanentMACAddress": ["02:00:00:00:00:04"],
        "Network.Address": ["10.7.0.5/24"],
        "Network.DNS": ["8.8.8.8", "1.1.1.1"],
        "Route.Gateway": ["10.7.0.1"],
      },
      "10-e1": { "Match.PermanentMACAddress": ["02:01:00:00:00:04"], "Network.Address": ["10.8.0.5/16"] },
    });
  });

  it.each(["shared", "own"] as const)('shares squash owners unless `owners` is "guest" (guest: %s)', async (guest) => {
    const vm: Vm = {
      guest,
      workspace: false,
      volumes: [],
      shares: [
        { tag: "var", source: "/srv/var", mountPoint: "/var" },
        { tag: "work", source: "~/work", extraArgs: ["--modcaps=-mknod"] },
        { tag: "kept", source: "~/kept", owners: "guest", mountPoint: "/kept" },
        { tag: "read", source: "/srv/read", readOnly: true },
      ],
    };
    const config = host(
      { a: vm },
      { user: { name: "alice", uid: 1005, gid: 100, sshKeys: ["ssh-ed25519 AAAA alice"] } },
    );
    const shares =
      "builtins.listToAttrs (map (share: { name = share.tag; value = [ share.posixAcl share.extraArgs ]; }) guests.a.microvm.shares)";
    const squash = ["--translate-uid=squash-guest:0:1005:4294967295", "--translate-gid=squash-guest:0:100:4294967295"];
    expect(await evaluate(nix, config, asking(shares))).toEqual({
      "ro-store": [true, []],
      "ssh-keys": [true, []],
      var: [false, squash],
      work: [false, [...squash, "--modcaps=-mknod"]],
      kept: [true, []],
      read: [true, []],
    });
  });

  it("a QEMU VM has shares, volumes, ports and no vsock", async () => {
    const vm: Vm = {
      autostart: true,
      restartIfChanged: true,
      hypervisor: "qemu",
      vcpu: 2,
      memoryMiB: 1024,
      socket: null,
      vsock: false,
      store: "disk",
      sshHostKeys: false,
      workspace: false,
      writableStoreOverlay: null,
      firewall: { allowedTCPPorts: [80, 8080], allowedUDPPorts: [53] },
      nameservers: ["9.9.9.9", "2620:fe::fe"],
      shares: [{ tag: "data", source: "~/data", mountPoint: "/data", readOnly: true, proto: "9p" }],
      volumes: [{ image: "/srv/big.img", sizeMiB: 10, mountPoint: "/big", fsType: "xfs" }],
    };
    const apply = asking(`let guest = guests.a; in {
      inherit (guest.microvm) hypervisor vcpu mem socket storeOnDisk writableStoreOverlay;
      inherit (guest.microvm.vsock) cid;
      autostart = host.microvm.autostart;
      inherit (host.microvm.vms.a) restartIfChanged;
      ports = [ guest.networking.firewall.allowedTCPPorts guest.networking.firewall.allowedUDPPorts ];
      inherit (guest.networking) nameservers;
      shares = map (share: [ share.proto share.tag share.source share.mountPoint share.readOnly ]) guest.microvm.shares;
      volumes = map (volume: [ volume.image volume.size volume.mountPoint volume.fsType ]) guest.microvm.volumes;
      state = host.systemd.services ? "microvm-state@";
    }`);
    expect(await evaluate(nix, host({ a: vm }), apply)).toEqual({
      nameservers: ["9.9.9.9", "2620:fe::fe"],
      hypervisor: "qemu",
      vcpu: 2,
      mem: 1024,
      socket: null,
      storeOnDisk: true,
      writableStoreOverlay: null,
      cid: null,
      autostart: ["a"],
      restartIfChanged: true,
      ports: [expect.arrayContaining([80, 8080]), [53]],
      shares: [["9p", "data", "/home/alice/data", "/data", true]],
      volumes: [["/srv/big.img", 10, "/big", "xfs"]],
      state: true,
    });
  });

  it("a VM has limits on the host, and its user can become root", async () => {
    const vms: Readonly<Record<string, Vm>> = { a: { sudo: true, limits: { cpuPercent: 150 } }, b: {} };
    const apply = asking(`{
      quotas = builtins.mapAttrs (name: _: host.microvm-emit.dropIns.\${name}.Service.CPUQuota or null) guests;
      wheels = builtins.mapAttrs (_: guest: guest.users.users.alice.extraGroups) guests;
      asks = builtins.mapAttrs (_: guest: guest.security.sudo.wheelNeedsPassword) guests;
    }`);
    expect(await evaluate(nix, host(vms, { vmDefaults: { limits: { cpuPercent: 400 } } }), apply)).toEqual({
      quotas: { a: "150%", b: "400%" },
      wheels: { a: ["wheel"], b: [] },
      asks: { a: false, b: true },
    });
  });

  it("users and groups have ids and different homes", async () => {
    const vm: Vm = {
      home: [zsh()],
      users: { bob: { uid: 1001, gid: 100, extraGroups: ["dev"], homeDirectory: "/srv/bob", home: [emacs()] } },
      groups: { dev: { gid: 2000 } },
    };
    const apply = asking(`{
      bob = { inherit (guests.a.users.users.bob) uid group extraGroups home; };
      groups = [ guests.a.users.users.alice.group guests.a.users.groups.users.gid guests.a.users.groups.dev.gid ];
      homes = builtins.mapAttrs (_: home: [ home.home.homeDirectory home.programs.zsh.enable home.programs.emacs.enable ]) guests.a.home-manager.users;
    }`);
    expect(await evaluate(nix, host({ a: vm }), apply)).toEqual({
      bob: { uid: 1001, group: "users", extraGroups: ["dev"], home: "/srv/bob" },
      groups: ["users", 100, 2000],
      homes: { alice: ["/home/alice", true, false], bob: ["/srv/bob", false, true] },
    });
  });

  it("toolchains and agents are accepted by function and by name", async () => {
    const own = { name: "opencode", package: "ripgrep", packagesFrom: "nixpkgs", command: "rg" } as const;
    const config = host({
      a: {
        agent: claudeCode({ stateDirectory: "/srv/claude" }),
        toolchains: ["go", "protobuf", { name: "search", packages: ["ripgrep"] }],
      },
      b: { agent: "claude-code", toolchains: ["go"] },
      c: { agent: own },
    });
    const apply = asking(`builtins.mapAttrs (_: guest: {
      packages = map (package: package.pname or package.name) guest.environment.systemPackages;
      claude = guest.environment.variables.CLAUDE_CONFIG_DIR or null;
      gopath = guest.environment.variables.GOPATH or null;
    }) guests`);
    const go_ = ["go", "gopls", "delve", "gcc"];
    expect(await evaluate(nix, config, apply)).toEqual({
      a: {
        packages: expect.arrayContaining(["claude-code", ...go_, "protobuf", "ripgrep"]) as unknown,
        claude: "/srv/claude",
        gopath: "$HOME/go",
      },
      b: {
        packages: expect.arrayContaining(["claude-code", ...go_]) as unknown,
        claude: "/home/alice/claude-microvm",
        gopath: "$HOME/go",
      },
      c: { packages: expect.arrayContaining(["ripgrep"]) as unknown, claude: null, gopath: null },
    });
  });

  it("host, guest and home-manager accept modules by path, by input and as Nix", async () => {
    const zone = (name: string) => attrs({ time: { timeZone: name } });
    const config: Config = {
      ...host(
        {
          a: {
            modules: [
              "./guests/a.nix",
              lambda(
                formals(["lib"], { ellipsis: true }),
                attrs({ time: { timeZone: call(select(ident("lib"), "mkForce"), "UTC") } }),
              ),
            ],
            home: ["./home.nix", attrs({ home: { packages: list([]) } })],
          },
        },
        { modules: ["./host.nix", "stapelbergnix.lib.systemdNetwork", zone("Europe/Zurich")] },
      ),
      inputs: { stapelbergnix: { url: "github:stapelberg/nix", follows: { nixpkgs: "nixpkgs" } } },
    };
    const files = {
      "guests/a.nix": '{ networking.firewall.enable = true; time.timeZone = "America/New_York"; }',
      "home.nix": "{ programs.git.enable = true; }",
    };
    const apply = asking(
      `[ host.time.timeZone guests.a.time.timeZone guests.a.home-manager.users.alice.programs.git.enable ]`,
    );
    expect(await evaluate(nix, config, apply, files)).toEqual(["Europe/Zurich", "UTC", true]);
  });

  it("hostile text stays text", async () => {
    const text = "a='${x}' \\ ''${y} $${z} \"q\" '''\n\t$'\\n'\r\n  end$";
    const keys = ['ssh-ed25519 AAAA "${builtins.abort "no"}" \\ \'\' $$'];
    const config = host(
      { a: { home: [zsh({ init: [text], extraInit: text })] } },
      { user: { name: "alice", sshKeys: keys } },
    );
    const apply = asking(`[
      guests.a.users.users.alice.openssh.authorizedKeys.keys
      guests.a.home-manager.users.alice.programs.zsh.initContent
    ]`);
    expect(await evaluate(nix, config, apply)).toEqual([keys, `${text}\n\n${text}\n`]);
  });

  it("evaluation fails for an invalid module", async () => {
    const config = host({ a: { modules: [attrs({ networking: { hostNaem: "x" } })] } });
    await expect(evaluate(nix, config, asking("true"))).rejects.toThrow(/networking\.hostNaem/);
  });
});
