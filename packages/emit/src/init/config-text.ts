import { agents, toolchains } from "@microvm-emit/model";
import { camelCase } from "@microvm-emit/model/internal";

/** The answers that make a first config. */
export interface Answers {
  readonly host: string;
  readonly stateVersion: string;
  /** The NixOS release that the flake follows; undefined for the default, or where another flake has the inputs. */
  readonly release: string | undefined;
  /** Modules of the host, relative to the config. */
  readonly modules: readonly string[];
  readonly user: string;
  readonly sshKeys: readonly string[];
  /** The address of the host in the network of the VMs, with its prefix length. */
  readonly address: string;
  readonly vm: string;
  readonly agent: string | undefined;
  readonly toolchains: readonly string[];
  /** False if another flake imports the host. */
  readonly flake: boolean;
}

/** The TypeScript source of a first config. */
export const configText = (answers: Answers): string => {
  const { host, stateVersion, release, modules, user, sshKeys, address, vm, agent, flake } = answers;
  const calls = [
    ...(agent === undefined ? [] : [`agent: ${camelCase(agent)}()`]),
    ...(answers.toolchains.length === 0 ? [] : [`toolchains: [${answers.toolchains.map(quoted).join(", ")}]`]),
  ];
  const names = [...(agent === undefined ? [] : [camelCase(agent)]), "defineConfig"].toSorted((a, b) =>
    a.localeCompare(b),
  );
  const keys =
    sshKeys.length === 0
      ? ["        // Add a public key that may log in to the VMs.", "        sshKeys: [],"]
      : ["        sshKeys: [", ...sshKeys.map((key) => `          ${quoted(key)},`), "        ],"];
  return [
    `import { ${names.join(", ")} } from "microvm-emit";`,
    "",
    "export default defineConfig({",
    ...(flake ? [] : ["  // The flake beside this file has the inputs and imports the host.", "  flake: false,"]),
    ...(release === undefined ? [] : [`  inputs: { nixpkgs: "github:nixos/nixpkgs/nixos-${release}" },`]),
    "  hosts: {",
    `    ${key(host)}: {`,
    `      stateVersion: ${quoted(stateVersion)},`,
    ...(modules.length === 0 ? [] : [`      modules: [${modules.map(quoted).join(", ")}],`]),
    "      user: {",
    `        name: ${quoted(user)},`,
    ...keys,
    "      },",
    `      bridges: { microbr: { address: ${quoted(address)}, nat: true } },`,
    "      vms: {",
    `        ${key(vm)}: {${calls.length === 0 ? "" : ` ${calls.join(", ")} `}},`,
    "      },",
    "    },",
    "  },",
    "});",
    "",
  ].join("\n");
};

const quoted = (text: string): string => JSON.stringify(text);

const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : quoted(name));

/** The names of agents and toolchains. */
export const agentNames: readonly string[] = Object.keys(agents);
export const toolchainNames: readonly string[] = Object.keys(toolchains);

/** The first 192.168 network from .83 on that the machine does not use. */
export const freeNetwork = (used: readonly string[]): string => {
  const thirds = Array.from({ length: 254 }, (_, offset) => ((82 + offset) % 254) + 1);
  const free = thirds.find((third) => !used.some((address) => address.startsWith(`192.168.${third}.`)));
  return `192.168.${free ?? 83}.1/24`;
};
