/** Tests guests on the modules of NixOS, microvm.nix and home-manager, with one evaluation for all guests. */
import { type Agent, type AgentName, agents, ast, type Config, type Vm, zsh } from "microvm-emit";
import { gitHosts } from "@microvm-emit/model/internal";
import { beforeAll, describe, expect, it } from "vitest";
import { emittedFlat, hostModule } from "./emitted.js";
import { guestConfig } from "./identity.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: guests on the modules of NixOS. Set MICROVM_EMIT_RIG.");

const emitted = (vms: Readonly<Record<string, Vm>>, files: Readonly<Record<string, string>> = {}): string => {
  const config: Config = {
    hosts: {
      h: {
        stateVersion: "25.05",
        modules: ["./host.nix"],
        user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
        bridges: { br0: { address: "10.7.0.1/24" } },
        vms,
      },
    },
  };
  return emittedFlat(config, { "host.nix": hostModule, ...files });
};

/** An agent with a package that has a placeholder in the rig. */
const agentOf = (name: AgentName, state: Partial<Agent["state"]> = {}): Agent => ({
  ...agents[name],
  package: "git",
  packagesFrom: "nixpkgs",
  state: { ...agents[name].state, ...state },
});

/** For each agent: home-manager settings or a dotfile, and the files that the agent reads. */
const dotfiles = {
  "claude-code": [
    'programs.claude-code = { enable = true; settings.model = "opus"; context = "text"; };',
    ["claude-microvm/settings.json", "claude-microvm/CLAUDE.md"],
  ],
  codex: [
    'programs.codex = { enable = true; settings.model = "gpt"; context = "text"; };',
    ["codex-microvm/config.toml", "codex-microvm/AGENTS.md"],
  ],
  "copilot-cli": [
    'programs.github-copilot-cli = { enable = true; settings.model = "gpt"; };',
    ["copilot-microvm/config.json"],
  ],
  "pi-coding-agent": [
    'programs.pi-coding-agent = { enable = true; settings.theme = "dark"; };',
    ["pi-microvm/settings.json"],
  ],
  "mistral-vibe": ['programs.mistral-vibe = { enable = true; settings.model = "devstral"; };', [".vibe/config.toml"]],
  "qwen-code": ['home.file.".qwen/settings.json".text = "{ }";', ["qwen-microvm/settings.json"]],
  "gemini-cli": ['home.file.".gemini/settings.json".text = "{ }";', ["gemini-microvm/.gemini/settings.json"]],
  goose: ['home.file.".config/goose/config.yaml".text = "";', ["goose-microvm/config/config.yaml"]],
  crush: ['home.file.".local/share/crush/crush.json".text = "";', ["crush-microvm/crush.json"]],
} as const satisfies Partial<Record<AgentName, readonly [module: string, files: readonly string[]]>>;
const withDotfiles = Object.keys(dotfiles) as (keyof typeof dotfiles)[];

/** For each VM: its agent, and a home-manager module that moves the agent's folder. */
const moved = {
  "moved-claude": [
    agentOf("claude-code"),
    'programs.claude-code = { enable = true; configDir = "/home/alice/.config/claude"; };',
  ],
  "moved-codex": [
    agentOf("codex"),
    "programs.codex = { enable = true; settings.a = 1; }; home.preferXdgDirectories = true;",
  ],
  "moved-qwen": [agentOf("qwen-code"), 'home.sessionVariables.QWEN_HOME = "/home/alice/.config/qwen";'],
  "moved-with-mount": [
    agentOf("claude-code", { mountPoint: "~/.config/claude" }),
    'programs.claude-code = { enable = true; context = "text"; configDir = "/home/alice/.config/claude"; };',
  ],
} as const satisfies Readonly<Record<string, readonly [Agent, string]>>;

const modules: Readonly<Record<string, string>> = {
  ...Object.fromEntries(withDotfiles.map((name) => [name, dotfiles[name][0]])),
  ...Object.fromEntries(Object.entries(moved).map(([name, [, module]]) => [name, module])),
};

/** The rig has no placeholder for the package. */
const rigHasNixLd = ast.nix`{ pkgs, ... }: { programs.nix-ld.package = pkgs.git; }`;

const vms: Readonly<Record<string, Vm>> = {
  ...Object.fromEntries(withDotfiles.map((name) => [name, { agent: agentOf(name), home: [`./${name}.nix`] }])),
  ...Object.fromEntries(Object.entries(moved).map(([name, [agent]]) => [name, { agent, home: [`./${name}.nix`] }])),
  plain: {},
  "without-overlay": { writableStoreOverlay: null },
  "store-disk": { store: "disk" },
  node: { toolchains: ["node"], modules: [rigHasNixLd] },
  "node-patched": { toolchains: ["node"], unpatchedBinaries: false },
  "vs-code": { unpatchedBinaries: true, modules: [rigHasNixLd] },
  own: { modules: ["./own.nix", rigHasNixLd], unpatchedBinaries: true },
  "temporary-home": { home: [zsh()] },
  "home-on-volume": { home: [zsh()], volumes: [{ image: "home.img", mountPoint: "/home", sizeMiB: 512 }] },
  "home-in-share": {
    home: [zsh()],
    packages: ["git"],
    shares: [{ tag: "home", source: "~/guest-home", mountPoint: "/home/alice" }],
  },
  "home-by-module": {
    home: [zsh()],
    modules: [ast.nix`{ fileSystems."/home" = { device = "/dev/vdz"; fsType = "ext4"; }; }`],
  },
  ntp: { modules: [ast.nix`{ services.ntp.enable = true; }`] },
  "no-clock": { modules: [ast.nix`{ services.timesyncd.enable = false; }`] },
};

const own = `{
  nix.settings.experimental-features = [ "nix-command" ];
  nix.channel.enable = true;
  nixpkgs.flake.source = null;
  programs.ssh.knownHosts."github.com".publicKey = "ssh-ed25519 AAAA";
  services.chrony.enable = true;
  services.envfs.enable = true;
}`;

interface Guest {
  /** Files of home-manager by path in the guest. */
  readonly files: readonly string[];
  readonly hasHomeRoot: boolean;
  readonly session: Readonly<Record<string, unknown>>;
  readonly homePackages: readonly string[];
  readonly links: Readonly<Record<string, { readonly L?: { readonly argument: string } }>>;
  readonly mounts: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly failed: readonly string[];
  readonly nix: {
    readonly features: readonly string[];
    readonly path: readonly string[];
    readonly registry: { readonly type: string; readonly path: string } | null;
    readonly source: string;
    readonly isInClosure: boolean;
  };
  readonly packages: readonly string[];
  readonly knownHosts: Readonly<Record<string, string>>;
  readonly clock: string | null;
  readonly timesyncd: string | null;
  readonly ld: string | null;
  readonly nixLd: boolean;
  readonly bash: string | null;
}

const facts = `name: vm: let
    guest = ${guestConfig} vm;
    home = guest.home-manager.users.alice or null;
    ofHome = read: if home == null then [ ] else read home;
    unit = service: if guest.systemd.services ? \${service} && guest.systemd.units ? "\${service}.service" then guest.systemd.units."\${service}.service".text else null;
    registry = guest.nix.registry.nixpkgs or null;
  in {
    files = ofHome (home: map (file: "/home/alice/\${file.target}") (builtins.filter (file: file.enable) (builtins.attrValues home.home.file)));
    hasHomeRoot = if home == null then false else home.home.activationGenerateGcRoot;
    session = if home == null then { } else home.home.sessionVariables;
    homePackages = ofHome (home: map (one: one.name) home.home.packages);
    links = guest.systemd.tmpfiles.settings.agent-state or { };
    mounts = map (share: share.mountPoint) guest.microvm.shares;
    variables = guest.environment.variables;
    failed = map (one: one.message) (builtins.filter (one: !one.assertion) guest.assertions);
    nix = {
      features = guest.nix.settings.experimental-features or [ ];
      path = guest.nix.nixPath;
      registry = if registry == null then null else { inherit (registry.to) type; path = toString registry.to.path; };
      source = toString guest.nixpkgs.flake.source;
      isInClosure = builtins.hasContext (toString guest.nixpkgs.flake.source);
    };
    # The rig lacks packages of toolchains.
    packages = if name == "plain" then map (one: one.name) guest.environment.systemPackages else [ ];
    knownHosts = builtins.mapAttrs (_: host: host.publicKey) guest.programs.ssh.knownHosts;
    clock = unit "host-clock";
    timesyncd = unit "systemd-timesyncd";
    ld = guest.environment.ldso;
    nixLd = guest.programs.nix-ld.enable;
    bash = guest.systemd.tmpfiles.settings.bin-bash."/bin/bash"."L+".argument or null;
  }`;

describe.skipIf(rig === undefined)("a guest", () => {
  let guests: Readonly<Record<string, Guest>> = {};
  const guest = (name: string): Guest => {
    const found = guests[name];
    if (found === undefined) throw new Error(`no guest ${name}`);
    return found;
  };

  beforeAll(async () => {
    const files = Object.entries(modules).map(([name, module]) => [`${name}.nix`, `{ ${module} }`] as const);
    guests = (await evaluateOnRig(
      emitted(vms, { ...Object.fromEntries(files), "own.nix": own }),
      "nixosConfigurations.h.config.microvm.vms",
      `builtins.mapAttrs (${facts})`,
    )) as typeof guests;
  });

  describe("with an agent", () => {
    /** The path of a file after all symlinks. */
    const real = ({ links }: Guest, file: string): string => {
      const [from, entry] =
        Object.entries(links).find(([path, { L }]) => L !== undefined && `${file}/`.startsWith(`${path}/`)) ?? [];
      return from === undefined ? file : `${String(entry?.L?.argument)}${file.slice(from.length)}`;
    };

    it.each(withDotfiles)("has the dotfiles of %s in the folder that the agent reads", (name) => {
      const seen = guest(name);
      const [module, files] = dotfiles[name];
      expect(seen.failed).toEqual([]);
      expect(seen.files.map((file) => real(seen, file))).toEqual(
        expect.arrayContaining(files.map((file) => `/home/alice/${file}`)),
      );
      if (module.startsWith("programs.")) expect(seen.homePackages).toContain("git-99.0");
      const { state } = agents[name];
      if (!("variable" in state)) return;
      const directory = state.directory.replace("~", "/home/alice");
      expect(seen.variables[state.variable]).toBe(directory);
      expect(seen.session[state.variable] ?? directory).toBe(directory);
      expect(seen.mounts).toContain(directory);
    });

    it.each(["moved-claude", "moved-codex", "moved-qwen"])(
      "fails an assertion when home-manager moves the agent's folder: %s",
      (name) => {
        expect(guest(name).failed).toEqual([
          expect.stringMatching(
            /^home-manager sets [A-Z_]+ to \/home\/alice\/\.config\/\w+, but the agent's login is in \/home\/alice\/\w+-microvm\. Remove/,
          ),
        ]);
      },
    );

    it("evaluates when home-manager moves the agent's folder to the mounted login", () => {
      const { failed, mounts, variables, files } = guest("moved-with-mount");
      expect(failed).toEqual([]);
      expect(mounts).toContain("/home/alice/.config/claude");
      expect(variables["CLAUDE_CONFIG_DIR"]).toBe("/home/alice/.config/claude");
      expect(files).toContain("/home/alice/.config/claude/CLAUDE.md");
    });
  });

  it("has a garbage collector root of home-manager only if its home is kept", () => {
    const names = ["temporary-home", "home-on-volume", "home-in-share", "home-by-module"];
    expect(names.map((name) => guest(name).hasHomeRoot)).toEqual([false, true, true, true]);
  });

  describe("with Nix", () => {
    it.each(["plain", "store-disk"])("has flakes, and its nixpkgs in the registry: %s", (name) => {
      const { features, path, registry, source, isInClosure } = guest(name).nix;
      expect(features).toEqual(["nix-command", "flakes"]);
      expect(path).toEqual(["nixpkgs=flake:nixpkgs"]);
      expect(registry).toEqual({ type: "path", path: source });
      expect(source).toMatch(/^\/nix\/store\/[^/]+-source$/);
      expect(isInClosure).toBe(true);
    });

    it("does not contain nixpkgs when its store is read-only", () => {
      expect(guest("without-overlay").nix).toMatchObject({ source: "", registry: null });
    });
  });

  it("has terminfo of common terminals and host keys of Git hosts", () => {
    // The rig has placeholders for these terminals only.
    expect(guest("plain").packages).toEqual(expect.arrayContaining(["kitty-99.0", "tmux-99.0"]));
    expect(guest("plain").knownHosts).toEqual(
      Object.fromEntries(Object.values(gitHosts).map(({ name, hostKey }) => [name, hostKey])),
    );
  });

  describe("clock", () => {
    it("uses ptp_kvm when it is available, and NTP otherwise", () => {
      const { clock, timesyncd } = guest("plain");
      expect(clock).toContain("ConditionPathExists=/sys/module/ptp_kvm");
      expect(clock).toMatch(
        /^ExecStart=.*-chrony-99\.0\/bin\/chronyd.* 'refclock PHC \/dev\/ptp_kvm poll 2 dpoll -2' /m,
      );
      expect(timesyncd).toContain("ConditionPathExists=!/sys/module/ptp_kvm");
      for (const unit of [clock, timesyncd]) expect(unit).toMatch(/^After=.*modprobe@ptp_kvm\.service/m);
    });

    it.each(["own", "ntp", "no-clock"])("follows the settings of guest modules: %s", (name) => {
      expect(guest(name).clock).toBeNull();
      expect(guest(name).timesyncd).toBeNull();
    });
  });

  describe("with programs of other distributions", () => {
    it.each(["node", "vs-code"])("has nix-ld: %s", (name) => {
      expect(guest(name)).toMatchObject({ nixLd: true });
      expect(guest(name).ld).toMatch(/-git-99\.0\/libexec\/nix-ld$/);
      expect(guest(name).bash).toMatch(/^\/nix\/store\/.*\/bin\/bash$/);
    });

    it.each(["plain", "node-patched"])("has no nix-ld by default: %s", (name) => {
      expect(guest(name)).toMatchObject({
        nixLd: false,
        ld: expect.stringMatching(/-stub-ld$/) as unknown,
        bash: null,
      });
    });
  });

  it("lets its modules override every default", () => {
    expect(guest("own")).toMatchObject({
      failed: [],
      nix: { features: ["nix-command"], registry: null },
      knownHosts: { "github.com": "ssh-ed25519 AAAA" },
      bash: null,
    });
  });
});
