/** The stand-ins of `test/inputs` accept and reject the same modules as NixOS, home-manager and microvm.nix. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { evalFlake, evaluateFlake, nixes, temporaryFolder, type Nix } from "./harness.js";

const ARTICLE = `path:${join(dirname(fileURLToPath(import.meta.url)), "fixtures", "article-style")}?dir=flake`;

const FLAKE = `{
  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs/nixos-25.11";
    microvm = { url = "github:microvm-nix/microvm.nix"; inputs.nixpkgs.follows = "nixpkgs"; };
    home-manager = { url = "github:nix-community/home-manager"; inputs.nixpkgs.follows = "nixpkgs"; };
  };
  outputs = { nixpkgs, microvm, home-manager, ... }: {
    inherit (nixpkgs) lib;
    host = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        microvm.nixosModules.host
        home-manager.nixosModules.home-manager
        { fileSystems."/".device = "/dev/sda1"; boot.loader.grub.device = "/dev/sda"; system.stateVersion = "25.11"; }
        ./module.nix
      ];
    };
  };
}`;

/** Evaluates the host with `module`, and applies `apply`, by default `toplevel.drvPath`. */
function host(nix: Nix, module: string, apply = "host: host.config.system.build.toplevel.drvPath"): Promise<unknown> {
  const folder = join(temporaryFolder(), "flake");
  mkdirSync(folder);
  writeFileSync(join(folder, "flake.nix"), FLAKE);
  writeFileSync(join(folder, "module.nix"), module);
  return evalFlake(folder, "host", { nix, apply });
}

/** A valid guest plus the given definitions. */
const guest = (config: string): string => `{ lib, ... }: {
  microvm.vms.a.config = { lib, pkgs, ... }: lib.mkMerge [
    { system.stateVersion = "25.11"; microvm = { hypervisor = "cloud-hypervisor"; vsock.cid = 3; }; }
    { ${config} }
  ];
}`;
const home = (config: string): string => `{
  users.users.ann.isNormalUser = true;
  home-manager.users.ann = { lib, pkgs, ... }: { home.stateVersion = "25.11"; ${config} };
}`;

const accepted: Readonly<Record<string, string>> = {
  "nothing more": "{ }",
  "a bridge": `{ systemd.network.netdevs.b.netdevConfig = { Kind = "bridge"; Name = "b"; }; }`,
  "equal definitions": `{ imports = [ { time.timeZone = "UTC"; } ]; time.timeZone = "UTC"; }`,
  "a forced value over a clash": `{ lib, ... }: { imports = [ { time.timeZone = "UTC"; } ]; time.timeZone = lib.mkForce "Europe/Zurich"; }`,
  "invalid definition under a false mkIf": `{ lib, ... }: { config = lib.mkIf false { networking.hostName = 1; }; }`,
  "a guest": guest(""),
  "a home": home("programs.zsh.enable = true;"),
  "an unfree package, allowed by name": `{ lib, pkgs, ... }: {
    nixpkgs.config.allowUnfreePredicate = package: builtins.elem (lib.getName package) [ "claude-code" ];
    environment.systemPackages = [ pkgs.claude-code ];
  }`,
  "an unfree package, all allowed": `{ pkgs, ... }: { nixpkgs.config.allowUnfree = true; environment.systemPackages = [ pkgs.claude-code ]; }`,
};

const refused: Readonly<Record<string, readonly [module: string, ...complaint: string[]]>> = {
  "an unknown option": [
    "{ networking.hostname = ''a''; }",
    "The option `networking.hostname' does not exist.",
    'module.nix\': "a"',
    "hostName",
  ],
  "an unknown namespace": ["{ network.hostName = ''a''; }", "The option `network' does not exist."],
  "an unknown option deep in a list": [
    guest(`microvm.shares = [ { tag = "a"; source = "/a"; mountPoint = "/a"; protocol = "virtiofs"; } ];`),
    "The option `microvm.vms.a.config.microvm.shares.[definition 1-entry 1].protocol' does not exist.",
  ],
  "an unknown home option": [
    home("programs.zsh.initContents = ''a'';"),
    "The option `home-manager.users.ann.programs.zsh.initContents' does not exist.",
  ],
  "a value in place of a namespace": [
    "{ networking.nat = true; }",
    "`networking.nat', which holds options and is no option itself",
  ],
  "a boolean that is a string": [
    "{ networking.useDHCP = ''no''; }",
    "A definition for option `networking.useDHCP' is not of type `boolean'.",
    'module.nix\': "no"',
  ],
  "a list that is a string": [
    "{ networking.nameservers = ''8.8.8.8''; }",
    "`networking.nameservers' is not of type `list of string'",
  ],
  "a list item that is a number": [
    "{ networking.nameservers = [ 8 ]; }",
    "`networking.nameservers.[definition 1-entry 1]' is not of type `string'",
  ],
  "a port out of range": ["{ services.openssh.ports = [ 65536 ]; }", "between 0 and 65535 (both inclusive)'"],
  "a relative path": ["{ microvm.stateDir = ''vms''; }", "`microvm.stateDir' is not of type `absolute path'"],
  "an unknown choice": [
    "{ networking.tempAddresses = ''off''; }",
    '`networking.tempAddresses\' is not of type `one of "default", "disabled", "enabled"\'',
  ],
  "an unknown package": [
    "{ pkgs, ... }: { environment.systemPackages = [ pkgs.goplz ]; }",
    "attribute 'goplz' missing",
  ],
  "a string instead of a package": ["{ environment.systemPackages = [ ''go'' ]; }", "is not of type `package'"],
  "a host name with an underscore first": ["{ networking.hostName = ''_a''; }", "`networking.hostName' is not of type"],
  "a clash": [
    `{ imports = [ { _file = "other.nix"; time.timeZone = "UTC"; } ]; time.timeZone = "Europe/Zurich"; }`,
    "The option `time.timeZone' has conflicting definition values:",
    'In `other.nix\': "UTC"',
    'module.nix\': "Europe/Zurich"',
    "lib.mkForce",
  ],
  "two packages for one option": [
    home("programs.emacs = lib.mkMerge [ { package = pkgs.emacs; } { package = pkgs.emacs-nox; } ];"),
    "programs.emacs.package' is defined multiple times while it's expected to be unique",
  ],
  "a required value left out": [
    `{ systemd.mounts = [ { what = "store"; } ]; }`,
    "where' was accessed but has no value defined",
  ],
  "an unknown field of networkd": [
    `{ systemd.network.networks.a.networkConfig.ConfigureWithoutCarier = true; }`,
    "[Network] has no field `ConfigureWithoutCarier'",
    "`systemd.network.networks.a.networkConfig' is not of type",
  ],
  "a networkd switch that is a word": [
    `{ systemd.network.networks.a.networkConfig.ConfigureWithoutCarrier = "sure"; }`,
    '[Network] does not take "sure" in the field `ConfigureWithoutCarrier\'',
  ],
  "a unit without its suffix": [
    `{ systemd.services.a.wantedBy = [ "multi-user" ]; }`,
    "systemd.services.a.wantedBy.[definition 1-entry 1]' is not of type",
  ],
  "an unknown service type": [
    `{ systemd.services.a.serviceConfig.Type = "once"; }`,
    "`systemd.services.a.serviceConfig' is not of type",
  ],
  "an integer instead of a module": ["{ imports = [ 1 ]; }", "Expected a module"],
  "an undefined module argument": [
    "{ inputs, ... }: { networking.hostName = inputs.name; }",
    "takes the argument `inputs', which neither specialArgs nor _module.args gives",
  ],
  "config beside other attributes": [
    "{ config = { }; networking.hostName = ''a''; }",
    "has an unsupported attribute `networking'",
  ],
  "an option declared twice": [
    `{ lib, ... }: { options.time.timeZone = lib.mkOption { }; }`,
    "The option `time.timeZone' is declared more than once",
  ],
  "an unfree package": [
    "{ pkgs, ... }: { environment.systemPackages = [ pkgs.claude-code ]; }",
    "Package ‘claude-code-",
    "has an unfree license (‘unfree’), refusing to evaluate",
  ],
  "no root file system": [`{ lib, ... }: { fileSystems = lib.mkForce { }; }`, "fileSystems has no root file system"],
  "a shell that is not enabled": [
    "{ pkgs, ... }: { users.users.ann = { isNormalUser = true; shell = pkgs.zsh; }; }",
    "users.users.ann.shell is zsh without programs.zsh.enable",
  ],
  "a duplicate user id": [
    "{ users.users = { ann = { isNormalUser = true; uid = 1000; }; bob = { isNormalUser = true; uid = 1000; }; }; }",
    "Two users have one uid",
  ],
  "a user of an undeclared group": [
    "{ users.users.ann = { isNormalUser = true; group = ''ann''; }; }",
    "The group `ann' of users.users.ann is not declared",
  ],
  "nixpkgs.config in a guest on the host's packages": [
    guest("nixpkgs.config.allowUnfree = true;"),
    "nixpkgs.config does nothing to packages that were made elsewhere",
  ],
  "a guest option of the wrong type": [
    guest("microvm.mem = ''4096'';"),
    "`microvm.vms.a.config.microvm.mem' is not of type `positive integer, meaning >0'",
  ],
  "a host option in a guest": [
    guest("microvm.vms = { };"),
    "The option `microvm.vms.a.config.microvm.vms' does not exist.",
  ],
  "a share tag twice": [
    guest(
      `microvm.shares = map (mountPoint: { proto = "virtiofs"; tag = "a"; source = mountPoint; inherit mountPoint; }) [ "/a" "/b" ];`,
    ),
    'MicroVM a: share tag "a" is used 2 > 1 times.',
    'MicroVM a: share socket "a-virtiofs-a.sock" is used 2 > 1 times.',
  ],
  "a volume image twice": [
    guest(`microvm.volumes = map (mountPoint: { image = "a.img"; size = 1; inherit mountPoint; }) [ "/a" "/b" ];`),
    'MicroVM a: volume image "a.img" is used 2 > 1 times.',
  ],
  "a volume without a size": [
    guest(`microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; } ];`),
    "size' was accessed but has no value defined",
  ],
  "an interface name too long": [
    guest(`microvm.interfaces = [ { type = "tap"; id = "a-very-long-name"; mac = "02:00:00:00:00:01"; } ];`),
    "a-very-long-name has more than 15 characters",
  ],
  "an unsupported interface type": [
    guest(`microvm.interfaces = [ { type = "user"; id = "a"; mac = "02:00:00:00:00:01"; } ];`),
    "cloud-hypervisor does not support: interface type user",
  ],
  "store optimisation over a writable store": [
    guest(`microvm.writableStoreOverlay = "/nix/.rw-store"; nix.optimise.automatic = true;`),
    "microvm.writableStoreOverlay excludes nix.optimise.automatic",
  ],
  "a VM with both a config and a flake": [
    `{ microvm.vms.a = { config = { }; flake = /tmp; }; }`,
    "microvm.vms.a has a config, which excludes flake.",
  ],
};

/** Merges as Nix expressions with `lib`, each with its expected JSON. */
const merges: Readonly<Record<string, readonly [type: string, definitions: string, value: unknown]>> = {
  "lists, the later module first": [
    "listOf int",
    "[ { x = [ 1 ]; } { x = [ 2 ]; imports = [ { x = [ 3 ]; } ]; } ]",
    [3, 2, 1],
  ],
  "ordered lists": [
    "listOf int",
    "[ { x = lib.mkAfter [ 3 ]; } { x = [ 2 ]; } { x = lib.mkBefore [ 1 ]; } ]",
    [1, 2, 3],
  ],
  "ordered lines": ["lines", '[ { x = lib.mkAfter "b"; } { x = lib.mkOrder 1200 "a"; } ]', "a\nb"],
  "attribute sets by key": [
    "attrsOf (listOf int)",
    "[ { x.a = [ 1 ]; } { x = { a = [ 2 ]; b = [ ]; }; } ]",
    { a: [2, 1], b: [] },
  ],
  "attributes that no true mkIf sets": ["attrsOf int", "[ { x = { a = 1; b = lib.mkIf false 2; }; } ]", { a: 1 }],
  "anything, deeply": ["anything", "[ { x.a.b = 1; } { x.a.c = [ 1 ]; } ]", { a: { b: 1, c: [1] } }],
  "mkDefault below a plain value": ["int", "[ { x = lib.mkDefault 1; } { x = 2; } ]", 2],
  "mkForce above it": ["int", "[ { x = lib.mkForce 1; } { x = 2; } ]", 1],
  "properties through namespaces": [
    "int",
    "[ (lib.mkMerge [ (lib.mkIf true { x = lib.mkOverride 10 3; }) { x = lib.mkForce 4; } ]) ]",
    3,
  ],
  "no definition of a list": ["listOf int", "[ ]", []],
  null: ["nullOr int", "[ { x = null; } ]", null],
  "a submodule with its name": [
    "attrsOf (submodule ({ name, config, ... }: { options = { n = lib.mkOption { default = name; }; m = lib.mkOption { type = int; }; }; config.m = lib.mkIf (config.n == name) 1; }))",
    '[ { x.a = { }; x.b.n = "c"; x.b.m = 2; } ]',
    { a: { n: "a", m: 1 }, b: { n: "c", m: 2 } },
  ],
  "a free-form submodule": [
    "submodule { freeformType = attrsOf int; options.a = lib.mkOption { type = str; }; }",
    '[ { x = { a = "a"; b = 1; }; } ]',
    { a: "a", b: 1 },
  ],
  "one module imported twice, once": [
    "listOf int",
    '[ { key = "k"; x = [ 1 ]; } { imports = [ { key = "k"; x = [ 1 ]; } ]; } ]',
    [1],
  ],
};

describe.each(nixes())("$version", (nix) => {
  it.concurrent.each(Object.entries(accepted))("accepts %s", async (_, module) => {
    expect(await host(nix, module)).toMatch(/-nixos-system-nixos-test\.drv$/);
  });

  it.concurrent.each(Object.entries(refused))("rejects %s", async (_, [module, ...complaint]) => {
    const failure: unknown = await host(nix, module).then(
      () => "it was accepted",
      (error: unknown) => (error instanceof Error ? error.message : error),
    );
    for (const part of complaint) expect(failure).toContain(part);
  });

  it("merges definitions as NixOS does", async () => {
    const asNix = Object.values(merges).map(
      ([type, definitions]) =>
        `(lib.evalModules { modules = [ { options.x = lib.mkOption { type = with lib.types; ${type}; }; } ] ++ ${definitions}; }).config.x`,
    );
    const apply = `host: let inherit (host) lib; in [ ${asNix.join(" ")} ]`;
    const values = await host(nix, "{ }", apply);
    const names = Object.keys(merges);
    expect(Object.fromEntries(names.map((name, n) => [name, (values as readonly unknown[])[n]]))).toEqual(
      Object.fromEntries(Object.entries(merges).map(([name, [, , value]]) => [name, value])),
    );
  });

  it("returns another system when any definition changes", async () => {
    const systems = await Promise.all(
      ["{ }", guest(""), guest("microvm.mem = 600;"), guest("networking.nameservers = [ ''1.1.1.1'' ];")].map(
        (module) => host(nix, module),
      ),
    );
    expect(new Set(systems).size).toBe(systems.length);
  });

  it("evaluates a flake in the style of the article", async () => {
    const { value, log } = await evaluateFlake(ARTICLE, "nixosConfigurations.midna", { nix, apply: ARTICLE_FACTS });
    expect(value).toEqual({
      assertions: [],
      bridge: { Kind: "bridge", Name: "microbr" },
      addresses: [{ Address: "192.168.83.1/24" }],
      nat: ["eno1", ["microbr"]],
      unit: { Type: "notify", "X-RestartIfChanged": ["", false] },
      prepare: ["microvm@emacsvm.service"],
      autostart: [],
      tmpfiles: [
        "/home/michael/claude-microvm",
        "/home/michael/microvm/emacs",
        "/home/michael/microvm/emacs/ssh-host-keys",
        "/home/michael/microvm/goprotobuf",
        "/home/michael/microvm/goprotobuf/ssh-host-keys",
        "/var/lib/microvms",
      ],
      emacsvm: guestFacts("emacsvm", 4, "/home/michael/microvm/emacs", ""),
      goprotobufvm: guestFacts("goprotobufvm", 5, "/home/michael/microvm/goprotobuf", "export GOPATH=$HOME/go\n"),
    });
    expect(log).toBe("");
  });
});

const ARTICLE_FACTS = `host: let
  inherit (host) config;
  failed = system: map (a: a.message) (builtins.filter (a: !a.assertion) system.assertions);
  guest = name: let guest = config.microvm.vms.\${name}.config.config; zsh = guest.home-manager.users.michael.programs.zsh; in {
    assertions = failed guest;
    hostName = guest.networking.hostName;
    address = (builtins.head guest.systemd.network.networks."10-e".addresses).Address;
    interfaces = map (i: [ i.type i.id i.mac ]) guest.microvm.interfaces;
    shares = map (s: [ s.tag s.source s.mountPoint s.socket s.readOnly ]) guest.microvm.shares;
    volumes = map (v: [ v.mountPoint v.image v.size ]) guest.microvm.volumes;
    machine = [ guest.microvm.hypervisor guest.microvm.vcpu guest.microvm.mem guest.microvm.socket ];
    store = [ guest.fileSystems."/nix/store".overlay.lowerdir guest.fileSystems."/nix/store".overlay.upperdir ];
    packages = builtins.filter (name: name == "go" || name == "claude-code") (map (p: p.pname or "") guest.environment.systemPackages);
    claude = map (p: p.version) (builtins.filter (p: p.pname or "" == "claude-code") guest.environment.systemPackages);
    gc = guest.nix.gc.automatic;
    shell = guest.users.users.michael.shell.pname;
    history = { inherit (zsh.history) append ignoreDups save share size; };
    inherit (zsh) initContent;
    emacs = guest.home-manager.users.michael.home.file.".config/emacs".target;
  };
in {
  assertions = failed config;
  bridge = config.systemd.network.netdevs."20-microbr".netdevConfig;
  inherit (config.systemd.network.networks."20-microbr") addresses;
  nat = [ config.networking.nat.externalInterface config.networking.nat.internalInterfaces ];
  unit = config.systemd.services."microvm@emacsvm".serviceConfig;
  prepare = config.systemd.services.microvm-prepare-emacsvm.requiredBy;
  inherit (config.microvm) autostart;
  tmpfiles = builtins.attrNames config.systemd.tmpfiles.settings."10-microvm";
  emacsvm = guest "emacsvm";
  goprotobufvm = guest "goprotobufvm";
}`;

function guestFacts(name: string, index: number, workspace: string, extraZshInit: string): unknown {
  const share = (tag: string, source: string, mountPoint = source, readOnly = false): unknown[] => [
    tag,
    source,
    mountPoint,
    `${name}-virtiofs-${tag}.sock`,
    readOnly,
  ];
  return {
    assertions: [],
    hostName: name,
    address: `192.168.83.${String(index + 2)}/24`,
    interfaces: [["tap", `microvm${String(index)}`, `02:00:00:00:00:0${String(index + 1)}`]],
    shares: [
      share("ro-store", "/nix/store", "/nix/.ro-store", true),
      share("ssh-keys", `${workspace}/ssh-host-keys`, "/etc/ssh/host-keys"),
      share("claude-credentials", "/home/michael/claude-microvm"),
      share("workspace", workspace),
    ],
    volumes: [["/var", "var.img", 8192]],
    machine: ["cloud-hypervisor", 8, 4096, "control.socket"],
    store: [["/nix/.ro-store"], "/nix/.rw-store/store"],
    packages: extraZshInit === "" ? ["claude-code"] : ["claude-code", "go"],
    claude: ["2.1.15"],
    gc: false,
    shell: "zsh",
    history: { append: true, ignoreDups: true, save: 10_000_000, share: false, size: 4000 },
    initContent: `bindkey -e\n\nexport CLAUDE_CONFIG_DIR=/home/michael/claude-microvm\n${extraZshInit}`,
    emacs: ".config/emacs",
  };
}
