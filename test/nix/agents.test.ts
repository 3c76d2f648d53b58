/** Evaluates guests with each known agent and toolchain, and with custom ones, in Nix. */
import {
  type Agent,
  ast,
  type AgentName,
  agents,
  aider,
  type Config,
  crush,
  opencode,
  type Toolchain,
  type ToolchainName,
  toolchains,
  type Vm,
} from "microvm-emit";
import * as library from "microvm-emit";
import { describe, expect, it } from "vitest";
import { camelCase } from "../../packages/microvm-model/src/common/camel-case.js";
import { emitted, hostModule } from "./emitted.js";
import { evalFlake, type Nix, nixes } from "./harness.js";
import { guestConfig } from "./identity.js";

const agentNames = Object.keys(agents) as AgentName[];
const toolchainNames = Object.keys(toolchains) as ToolchainName[];

/** The last name of an attribute path, which is the package name in the stand-ins, except in nested sets. */
const lastStep = (attribute: string): string => attribute.split(".").at(-1) ?? attribute;

const host = (vms: Readonly<Record<string, Vm>>): Config => ({
  // A release with all agents. The stand-in replaces it.
  inputs: { "nixpkgs-unstable": "github:nixos/nixpkgs/nixos-26.05" },
  hosts: {
    h: {
      stateVersion: "25.11",
      modules: ["./host.nix"],
      user: { name: "alice" },
      bridges: { br0: { address: "10.7.0.1/24" } },
      vms,
    },
  },
});

interface Guest {
  readonly packages: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly shares: readonly (readonly [string, string, string])[];
  readonly nixLd: boolean;
  readonly tmpfiles: Readonly<Record<string, { readonly d: Readonly<Record<string, unknown>> }>>;
}

const facts = `systems: builtins.mapAttrs (_: vm: let guest = ${guestConfig} vm; in
  assert guest.system.build.toplevel.drvPath != "";
  {
    packages = map (package: assert package.drvPath != ""; package.pname or package.name) guest.environment.systemPackages;
    variables = guest.environment.variables;
    shares = map (share: [ share.tag share.source share.mountPoint ]) guest.microvm.shares;
    tmpfiles = guest.systemd.tmpfiles.settings.agent-state or { };
    nixLd = guest.programs.nix-ld.enable;
  }) systems.h.config.microvm.vms`;

const guests = async (nix: Nix, vms: Readonly<Record<string, Vm>>): Promise<Readonly<Record<string, Guest>>> =>
  (await evalFlake(emitted(host(vms), { "host.nix": hostModule }), "nixosConfigurations", {
    nix,
    apply: facts,
  })) as Readonly<Record<string, Guest>>;

const functionOf = (name: AgentName): ((options?: { stateDirectory?: string }) => Agent) =>
  (library as unknown as Readonly<Record<string, () => Agent>>)[camelCase(name)] as () => Agent;

describe.each(nixes())("by $version", (nix) => {
  it("every agent has its package, licence and state", async () => {
    // One host for all agents, so that several unfree packages are allowed together.
    const found = await guests(nix, Object.fromEntries(agentNames.map((name) => [name, { agent: name }])));
    for (const name of agentNames) {
      const row: Agent = agents[name];
      const guest = found[name];
      expect(guest?.packages, name).toContain(row.package);
      const directory = (path: string | undefined): string => (path ?? "").replace(/^~/, "/home/alice");
      const mountPoint = directory(row.state?.mountPoint ?? row.state?.directory);
      expect(guest?.shares, name).toContainEqual([row.state?.tag, directory(row.state?.directory), mountPoint]);
      if (row.state?.variable !== undefined) expect(guest?.variables[row.state.variable], name).toBe(mountPoint);
    }
  });

  it("parent folders of an agent's fixed path belong to the user", async () => {
    const found = await guests(nix, {
      a: { agent: opencode({ stateDirectory: "/srv/opencode" }) },
      b: { agent: aider() },
    });
    const folder = { d: expect.objectContaining({ mode: "0755", user: "alice", group: "users" }) as unknown };
    expect(found["a"]?.shares).toContainEqual(["opencode-state", "/srv/opencode", "/home/alice/.local/share/opencode"]);
    expect(found["a"]?.tmpfiles).toEqual({ "/home/alice/.local": folder, "/home/alice/.local/share": folder });
    expect(found["b"]?.tmpfiles).toEqual({});
  });

  it("evaluation fails when home-manager moves the agent's folder", async () => {
    const home = (directory: string): Vm["home"] => [
      ast.nix`{ home.sessionVariables.CLAUDE_CONFIG_DIR = ${directory}; }`,
    ];
    const at = (directory: string): Readonly<Record<string, Vm>> => ({
      a: { agent: "claude-code", home: home(directory) },
    });
    await expect(guests(nix, at("/home/alice/.config/claude"))).rejects.toThrow(
      /home-manager sets CLAUDE_CONFIG_DIR to \/home\/alice\/\.config\/claude, but the agent's login is in \/home\/alice\/claude-microvm/,
    );
    await expect(guests(nix, at("/home/alice/claude-microvm"))).resolves.toHaveProperty("a");
  });

  it("evaluation fails for an unfree agent without `unfree`", async () => {
    const agent: Agent = { ...crush(), unfree: false };
    await expect(guests(nix, { a: { agent } })).rejects.toThrow(/crush.*unfree license/s);
  });

  it("one guest has the packages and environment of every toolchain", async () => {
    const found = await guests(nix, {
      ...Object.fromEntries(toolchainNames.map((name) => [name, { toolchains: [name] }])),
      all: { toolchains: toolchainNames },
    });
    for (const name of toolchainNames) {
      const row: Toolchain = toolchains[name];
      for (const guest of [found[name], found["all"]]) {
        for (const attribute of row.packages)
          expect(
            guest?.packages.some((pname) => pname.endsWith(lastStep(attribute as string))),
            `${name}: ${attribute as string}`,
          ).toBe(true);
        expect(guest?.variables, name).toMatchObject(row.environment ?? {});
        expect(guest?.nixLd, name).toBe(guest === found["all"] || row.unpatchedBinaries === true);
        expect(guest?.variables["PATH"] ?? [], name).toEqual(expect.arrayContaining([...(row.searchPath ?? [])]));
      }
    }
  });

  it("a guest has a custom agent and a custom toolchain", async () => {
    const agent: Agent = {
      name: "mine",
      package: "ripgrep",
      packagesFrom: "nixpkgs",
      state: { directory: "~/mine", tag: "mine", mountPoint: "~/.config/mine" },
      command: "rg --yolo",
      domains: ["*.example.org"],
      apiKeyVariables: ["MINE_KEY"],
    };
    const toolchain: Toolchain = {
      name: "shell",
      packages: ["shellcheck", "shfmt"],
      environment: { SHELLCHECK_OPTS: "-x" },
      caches: ["~/.cache/shell"],
      domains: ["example.org"],
    };
    const { a } = await guests(nix, { a: { agent, toolchains: [toolchain] } });
    expect(a?.packages).toEqual(expect.arrayContaining(["ripgrep", "shellcheck", "shfmt"]));
    expect(a?.variables).toMatchObject({ SHELLCHECK_OPTS: "-x" });
    expect(a?.shares).toContainEqual(["mine", "/home/alice/mine", "/home/alice/.config/mine"]);
  });
});

it("each agent function returns its row, and can move its state", () => {
  for (const name of agentNames) {
    expect(functionOf(name)()).toEqual(agents[name]);
    expect(functionOf(name)({ stateDirectory: "/srv/x" }).state).toEqual({
      ...agents[name].state,
      directory: "/srv/x",
    });
  }
});
