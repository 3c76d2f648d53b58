/** Tests the NixOS modules of the library with handwritten Nix, without a config and together with one. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { emitted, emittedFlat, hostModule } from "./emitted.js";
import { evalFlake, type Nix, nixes, temporaryFolder } from "./harness.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: the library on the modules of NixOS. Set MICROVM_EMIT_RIG.");

const library = fileURLToPath(new URL("../../packages/emit/nix", import.meta.url));
const [byHand = "", override = ""] = [
  ...readFileSync(join(library, "README.md"), "utf8").matchAll(/^```nix\n(.*?)^```$/gms),
].map(([, code]) => code);

/** A flake with the library in a folder and the module of the library's README. */
const flakeByHand = (): string => {
  const folder = temporaryFolder();
  cpSync(library, join(folder, "microvm-emit"), { recursive: true });
  writeFileSync(join(folder, "vms.nix"), byHand);
  writeFileSync(join(folder, "host.nix"), hostModule);
  writeFileSync(
    join(folder, "flake.nix"),
    `{
      inputs = {
        nixpkgs.url = "github:nixos/nixpkgs";
        microvm = { url = "github:microvm-nix/microvm.nix"; inputs.nixpkgs.follows = "nixpkgs"; };
      };
      outputs = { nixpkgs, ... }@inputs: {
        nixosConfigurations.h = nixpkgs.lib.nixosSystem {
          system = "x86_64-linux";
          specialArgs = { inherit inputs; };
          modules = [
            ./host.nix
            ./vms.nix
            { networking.hostName = "h"; system.stateVersion = "25.11"; }
          ];
        };
      };
    }`,
  );
  return folder;
};

const config: Config = {
  hosts: {
    h: {
      stateVersion: "25.11",
      modules: ["./host.nix", "./own.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24" } },
      vms: { projectvm: {} },
    },
  },
};

const FACTS = `{ h }: let inherit (h) config; in {
  network = config.microvm-emit.vms.projectvm.network;
  rules = config.environment.etc."microvm/policy.nft".text;
  resolver = config.environment.etc."microvm/resolver.json".text;
  failed = map ({ message, ... }: message) (builtins.filter ({ assertion, ... }: !assertion) config.assertions);
  whole = config.system.build.toplevel.drvPath != "";
}`;

const web = [
  ["tcp", "80"],
  ["tcp", "443"],
  ["udp", "443"],
];
const expected = {
  "module by hand": {
    flake: flakeByHand,
    rule: "set asking4 { type ipv4_addr; elements = { 192.168.83.2 } }",
    domains: [{ name: "github.com", ports: web }],
  },
  "override of an emitted VM": {
    flake: () => emittedFlat(config, { "host.nix": hostModule, "own.nix": override }),
    rule:
      "set host4 { type ipv4_addr . inet_proto . inet_service; " +
      "elements = { 10.7.0.2 . tcp . 5380, 10.7.0.2 . tcp . 8080, 10.7.0.2 . udp . 5380 } }",
    domains: [
      { name: "example.org", ports: web },
      {
        name: "github.com",
        ports: [
          ["tcp", "22"],
          ["tcp", "443"],
        ],
      },
    ],
  },
};

const evaluators: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
  ...Object.fromEntries(
    nixes().map((nix) => [
      nix.version,
      (folder: string) => evalFlake(`path:${folder}`, "nixosConfigurations", { nix, apply: FACTS }),
    ]),
  ),
  ...(rig === undefined
    ? {}
    : { "NixOS's own modules": (folder: string) => evaluateOnRig(folder, "nixosConfigurations", FACTS) }),
};

describe.each(Object.entries(evaluators))("by %s, a policy in Nix", (_, evaluate) => {
  it.each(Object.entries(expected))("is enforced as the README shows: %s", async (_name, { flake, rule, domains }) => {
    const { rules, resolver, ...facts } = (await evaluate(flake())) as Readonly<Record<"rules" | "resolver", string>>;
    expect(facts).toEqual({ network: "allowlist", failed: [], whole: true });
    expect(rules.split(/\n */)).toContain(rule);
    const { guests } = JSON.parse(resolver) as {
      readonly guests: Readonly<Record<string, { readonly allow: unknown }>>;
    };
    expect(Object.values(guests).map(({ allow }) => allow)).toEqual([domains]);
  });
});

/** A host module that adds an option to all VMs, sets it, and reads it. */
const withOwnOption = `{ config, lib, ... }:
let
  record = import ./microvm-emit/record.nix { inherit lib; };
in
{
  options.microvm-emit.vms = lib.mkOption {
    type = lib.types.attrsOf (record {
      backup = lib.mkOption { type = lib.types.bool; default = false; };
    });
  };
  config = {
    microvm-emit.vms.projectvm = {
      backup = true;
      network = lib.mkForce "allowlist";
      allow = [ "github.com" ];
    };
    environment.etc.backups.text = toString (
      builtins.attrNames (lib.filterAttrs (_: { backup, ... }: backup) config.microvm-emit.vms)
    );
  };
}`;

describe("on NixOS's own modules, a host module", () => {
  it.skipIf(rig === undefined)("adds an option to VMs, which keep the library's options and checks", async () => {
    const two = { ...config, hosts: { h: { ...config.hosts["h"], vms: { projectvm: {}, othervm: {} } } } } as Config;
    const flake = emittedFlat(two, { "host.nix": hostModule, "own.nix": withOwnOption });
    const apply = `{ h }: { backups = h.config.environment.etc.backups.text; vms = builtins.mapAttrs (_: vm: { inherit (vm) backup network; }) h.config.microvm-emit.vms; } // (${FACTS}) { inherit h; }`;
    const { backups, vms, failed, whole } = (await evaluateOnRig(flake, "nixosConfigurations", apply)) as Record<
      string,
      unknown
    >;
    expect({ backups, vms, failed, whole }).toEqual({
      backups: "projectvm",
      vms: { projectvm: { backup: true, network: "allowlist" }, othervm: { backup: false, network: "internet" } },
      failed: [],
      whole: true,
    });
  });
});

/** A host module that declares an option of the library again, with another type. */
const withSameOption = `{ lib, ... }: {
  options.microvm-emit.vms = lib.mkOption {
    type = lib.types.attrsOf (import ./microvm-emit/record.nix { inherit lib; } {
      network = lib.mkOption { type = lib.types.str; };
    });
  };
}`;

describe("on NixOS's own modules, a host module that declares an option of VMs again", () => {
  it.skipIf(rig === undefined)("is rejected, because its type would replace the library's", async () => {
    const flake = emittedFlat(config, { "host.nix": hostModule, "own.nix": withSameOption });
    await expect(evaluateOnRig(flake, "nixosConfigurations", FACTS)).rejects.toThrow(
      "These options of a VM are declared twice: network.",
    );
  });
});

/** A mistake in a host module: its definitions for a VM, and parts of the error message. */
const mistakes: Readonly<Record<string, readonly [definition: string, ...message: (string | RegExp)[]]>> = {
  "a wrong type": [
    'network = "internt"',
    '`microvm-emit.vms.projectvm.network\' is not of type `one of "internet", "allowlist", "none", "open"\'',
    /In `\S+\/own\.nix': "internt"/,
  ],
  "a wrong type in an item": [
    'allow = [ { to = "10.0.0.1"; ports = [ 99999 ]; } ]',
    /`microvm-emit\.vms\.projectvm\.allow\..*\.ports\..*' is not of type/,
    /In `\S+\/own\.nix': 99999/,
  ],
  "an unknown option": [
    "reachhost = [ 8080 ]",
    /The option `microvm-emit\.vms\.projectvm\.reachhost' does not exist\. It is defined in [^ ,]+\/own\.nix\./,
    "reachHost",
  ],
  "an unknown option of an item": [
    'allow = [ { to = "example.org"; port = [ 443 ]; } ]',
    /The option `microvm-emit\.vms\.projectvm\.allow\..*\.port' does not exist\. It is defined in \S+\/own\.nix/,
    "': ports, to.",
  ],
  "a missing option of an item": [
    'interfaces = [ { id = "microvm7"; } ]',
    /The option `microvm-emit\.vms\.projectvm\.interfaces\..*\.mac' has no default and is not defined in \S+\/own\.nix/,
  ],
  "a port in a destination": [
    'allow = [ "github.com:443" ]',
    /`microvm-emit\.vms\.projectvm\.allow\..*\.to' is not of type `domain, IP address or subnet without port'/,
    /In `\S+\/own\.nix': "github\.com:443"/,
  ],
  "a domain without an allowlist": [
    'allow = [ "example.org" ]',
    'The VM projectvm allows the domain example.org, but its network is "internet". Domains need network = "allowlist".',
  ],
  "an unknown VM": [
    'reachVms = [ "nosuch" ]',
    "The VM projectvm has nosuch in reachVms, which is not defined in microvm-emit.vms.",
  ],
  "an unknown network": [
    'interfaces = [ { id = "lan7"; mac = "02:00:00:00:00:77"; bridge = "nosuch"; addresses = [ "10.9.0.7/24" ]; } ]',
    "The interface lan7 of the VM projectvm uses the network nosuch, which is not defined in microvm-emit.bridges or microvm-emit.vlans.",
  ],
  "no network": [
    'interfaces = [ { id = "lan7"; mac = "02:00:00:00:00:77"; addresses = [ "10.9.0.7/24" ]; } ]',
    "The interface lan7 of the VM projectvm has no bridge, but microvm-emit.routed is not defined.",
  ],
  "a published port without an external interface": [
    "publish = [ { host = 8080; guest = 80; } ]",
    "The VM projectvm has `publish`, but no IPv4 address in a network with `nat.enable` and `nat.externalInterface`.",
  ],
  "a published port that the host forwards in a range": [
    `publish = [ { host = 8080; guest = 80; } { host = 8081; guest = 81; } ];
     microvm-emit.bridges.br0.nat = { enable = true; externalInterface = "eno1"; };
     networking.nat.forwardPorts = [
       { sourcePort = "8000:8080"; destination = "10.9.0.7:80"; }
       { sourcePort = 8081; proto = "udp"; destination = "10.9.0.7:81"; }
     ]`,
    /The host forwards tcp port 8080 twice: to a VM by `publish`, and to another VM or by `networking\.nat\.forwardPorts`\.(?![^]*port 8081)/,
  ],
  "a published port of two VMs": [
    `publish = [ { host = 8080; guest = 80; } ];
     microvm-emit.vms.othervm = {
       network = "internet";
       interfaces = [ { id = "lan7"; mac = "02:00:00:00:00:77"; bridge = "br0"; addresses = [ "10.7.0.9/24" ]; } ];
       publish = [ { host = 8080; guest = 81; } ];
     };
     microvm-emit.bridges.br0.nat = { enable = true; externalInterface = "eno1"; }`,
    "The host forwards tcp port 8080 twice",
  ],
  "a memory limit below the memory of the VM": [
    "limits.memoryMiB = 64",
    /The VM projectvm has \d+ MiB of memory\. Its `limits\.memoryMiB` must be larger/,
  ],
  "an unknown guest": [
    'guest = "nosuch"',
    "The option `microvm-emit.vms.projectvm.guest' is \"nosuch\", which is not defined in `microvm-emit.guests'",
  ],
};

const refusal = async (nix: Nix, definition: string): Promise<string> => {
  const own = `{ microvm-emit.vms.projectvm.${definition}; }`;
  const flake = emitted(config, { "host.nix": hostModule, "own.nix": own });
  const apply = `{ h }: h.config.system.build.toplevel.drvPath`;
  try {
    return `no error, but ${JSON.stringify(await evalFlake(flake, "nixosConfigurations", { nix, apply }))}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe.each(nixes())("by $version, Nix reports", (nix) => {
  it.each(Object.entries(mistakes))("%s with its place", async (_, [definition, ...parts]) => {
    const message = await refusal(nix, definition);
    for (const part of parts) expect(message).toMatch(part);
  });
});

describe.each(nixes())("by $version, a flake with the library as an input", (nix) => {
  it("has the same system as a flake with a copy", async () => {
    const systemOf = async (source: "copied" | "input"): Promise<unknown> =>
      evalFlake(
        emitted({ ...config, library: source }, { "host.nix": hostModule, "own.nix": "{ }" }),
        "nixosConfigurations.h",
        {
          nix,
          apply: `system: {
            rules = system.config.environment.etc."microvm/policy.nft".text;
            units = builtins.attrNames system.config.systemd.services;
            whole = system.config.system.build.toplevel.drvPath != "";
          }`,
          overrides: { "microvm-emit": `path:${join(library, "..")}` },
        },
      );
    expect(await systemOf("input")).toEqual(await systemOf("copied"));
  });
});
