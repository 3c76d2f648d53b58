/**
 * What a guest is like to work in, on the real modules of NixOS, microvm.nix and home-manager: an agent's dotfiles, Nix,
 * the clock, terminals, foreign programs and SSH.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type AgentName, agents, type Config, emit, render, type Vm } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { hostModule } from "./emitted.js";
import { temporaryFolder } from "./harness.js";
import { guestConfig } from "./identity.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED on NixOS's own modules, what a guest is like: set MICROVM_EMIT_RIG.");

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
  const result = emit(config, { configFile: "microvm.config.ts" });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left, null, 2));
  const folder = temporaryFolder();
  const all = { "host.nix": hostModule, ...files };
  const written = [...render(result.right.files), ...Object.entries(all).map(([path, text]) => ({ path, text }))];
  for (const { path, text } of written) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

/** A function of a guest's `config`, applied to every guest of the host. */
const ofGuests = async <T>(folder: string, apply: string): Promise<Readonly<Record<string, T>>> =>
  (await evaluateOnRig(
    folder,
    "nixosConfigurations.h.config.microvm.vms",
    `builtins.mapAttrs (_: vm: (${apply}) (${guestConfig} vm))`,
  )) as Readonly<Record<string, T>>;

/** The rig has placeholders for few packages. */
const agentOf = (name: AgentName): Vm["agent"] => ({ ...agents[name], package: "git", packagesFrom: "nixpkgs" });

describe.skipIf(rig === undefined)("dotfiles of an agent, by home-manager", () => {
  interface Dotfiles {
    readonly files: readonly string[];
    readonly links: Readonly<Record<string, { readonly L?: { readonly argument: string } }>>;
    readonly mounts: readonly string[];
    readonly variables: Readonly<Record<string, unknown>>;
    readonly session: Readonly<Record<string, unknown>>;
    readonly failed: readonly string[];
    readonly packages: readonly string[];
  }
  const dotfiles = `guest: let home = guest.home-manager.users.alice; in {
    files = map (file: "/home/alice/\${file.target}") (builtins.filter (file: file.enable) (builtins.attrValues home.home.file));
    links = guest.systemd.tmpfiles.settings.agent-state or { };
    mounts = map (share: share.mountPoint) guest.microvm.shares;
    variables = guest.environment.variables;
    session = home.home.sessionVariables;
    failed = map (one: one.message) (builtins.filter (one: !one.assertion) guest.assertions);
    packages = map (one: one.name) home.home.packages;
  }`;

  /** Where a file lies, once symlinks are followed. */
  const real = ({ links }: Dotfiles, file: string): string => {
    const [from, entry] =
      Object.entries(links).find(([path, { L }]) => L !== undefined && `${file}/`.startsWith(`${path}/`)) ?? [];
    return from === undefined ? file : `${String(entry?.L?.argument)}${file.slice(from.length)}`;
  };

  /** By agent, settings of its module and the files that the agent reads them from. */
  const cases = {
    "claude-code": [
      'programs.claude-code = { enable = true; settings.model = "opus"; context = "text"; };',
      ["/home/alice/claude-microvm/settings.json", "/home/alice/claude-microvm/CLAUDE.md"],
    ],
    codex: [
      'programs.codex = { enable = true; settings.model = "gpt"; context = "text"; };',
      ["/home/alice/codex-microvm/config.toml", "/home/alice/codex-microvm/AGENTS.md"],
    ],
    "copilot-cli": [
      'programs.github-copilot-cli = { enable = true; settings.model = "gpt"; };',
      ["/home/alice/copilot-microvm/config.json"],
    ],
    "pi-coding-agent": [
      'programs.pi-coding-agent = { enable = true; settings.theme = "dark"; };',
      ["/home/alice/pi-microvm/settings.json"],
    ],
    "mistral-vibe": [
      'programs.mistral-vibe = { enable = true; settings.model = "devstral"; };',
      ["/home/alice/.vibe/config.toml"],
    ],
    "qwen-code": ['home.file.".qwen/settings.json".text = "{ }";', ["/home/alice/qwen-microvm/settings.json"]],
    "gemini-cli": [
      'home.file.".gemini/settings.json".text = "{ }";',
      ["/home/alice/gemini-microvm/.gemini/settings.json"],
    ],
    goose: ['home.file.".config/goose/config.yaml".text = "";', ["/home/alice/goose-microvm/config/config.yaml"]],
    crush: ['home.file.".local/share/crush/crush.json".text = "";', ["/home/alice/crush-microvm/crush.json"]],
  } as const satisfies Partial<Record<AgentName, readonly [module: string, files: readonly string[]]>>;

  it("lie where each agent reads them", async () => {
    const names = Object.keys(cases) as (keyof typeof cases)[];
    const vms = names.map((name) => [name, { agent: agentOf(name), home: [`./${name}.nix`] }] as const);
    const files = names.map((name) => [`${name}.nix`, `{ ${cases[name][0]} }`] as const);
    const found = await ofGuests<Dotfiles>(emitted(Object.fromEntries(vms), Object.fromEntries(files)), dotfiles);
    for (const name of names) {
      const seen = found[name];
      if (seen === undefined) throw new Error(`no guest ${name}`);
      const { state } = agents[name];
      expect(seen.failed, name).toEqual([]);
      expect(
        seen.files.map((file) => real(seen, file)),
        name,
      ).toEqual(expect.arrayContaining([...cases[name][1]]));
      if ("variable" in state) {
        const directory = state.directory.replace("~", "/home/alice");
        expect(seen.variables[state.variable], name).toBe(directory);
        expect(seen.session[state.variable] ?? directory, name).toBe(directory);
        expect(seen.mounts, name).toContain(directory);
      }
      if (cases[name][0].startsWith("programs.")) expect(seen.packages, name).toContain("git-99.0");
    }
  });

  it.each([
    ["claude-code", 'programs.claude-code = { enable = true; configDir = "/home/alice/.config/claude"; };'],
    ["codex", "programs.codex = { enable = true; settings.a = 1; }; home.preferXdgDirectories = true;"],
    ["qwen-code", 'home.sessionVariables.QWEN_HOME = "/home/alice/.config/qwen";'],
  ] as const)("of %s elsewhere are an assertion, as the login would be lost", async (name, module) => {
    const folder = emitted({ a: { agent: agentOf(name), home: ["./a.nix"] } }, { "a.nix": `{ ${module} }` });
    const { a } = await ofGuests<Dotfiles>(folder, dotfiles);
    expect(a?.failed).toHaveLength(1);
    expect(a?.failed[0]).toMatch(
      /^home-manager sets [A-Z_]+ to \/home\/alice\/\.config\/\w+, but the agent's login is at \/home\/alice\/\w+-microvm\./,
    );
  });

  it("elsewhere pass where the login is mounted there", async () => {
    const configDir = "/home/alice/.config/claude";
    const state = { ...agents["claude-code"].state, mountPoint: "~/.config/claude" };
    const folder = emitted(
      { a: { agent: { ...agents["claude-code"], package: "git", packagesFrom: "nixpkgs", state }, home: ["./a.nix"] } },
      { "a.nix": `{ programs.claude-code = { enable = true; context = "text"; configDir = "${configDir}"; }; }` },
    );
    const { a } = await ofGuests<Dotfiles>(folder, dotfiles);
    expect(a?.failed).toEqual([]);
    expect(a?.mounts).toContain(configDir);
    expect(a?.variables["CLAUDE_CONFIG_DIR"]).toBe(configDir);
    expect(a?.files).toContain(`${configDir}/CLAUDE.md`);
  });
});
