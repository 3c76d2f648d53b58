import type { Agent } from "./agent.js";
import { agents } from "./agents.js";
import { gitHosts } from "./git-hosts.js";
import type { Toolchain } from "./toolchain.js";
import { type ToolchainName, toolchains } from "./toolchains.js";

/**
 * Presets of `allow` besides the names of agents and toolchains: domains, or the toolchain that has the domains.
 * `npm run generate` writes them to docs/isolation.md.
 */
export const presets: Readonly<Record<string, ToolchainName | readonly string[]>> = {
  golang: "go",
  npm: "node",
  pypi: "python",
  crates: "rust",
  ...Object.fromEntries(Object.entries(gitHosts).map(([name, { domains }]) => [name, domains])),
  // nixpkgs nixos/modules/config/nix.nix and the flake registry.
  nix: ["cache.nixos.org", "channels.nixos.org", "releases.nixos.org", "api.github.com", "codeload.github.com"],
};

const domainsOf = ({ domains = [] }: Agent | Toolchain): readonly string[] => domains;

/** The domains of every agent, toolchain and preset that has some. */
export const destinations: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [...Object.entries(toolchains), ...Object.entries(agents)]
      .map(([name, row]) => [name, domainsOf(row)] as const)
      .filter(([, domains]) => domains.length > 0),
  ),
  ...Object.fromEntries(
    Object.entries(presets).map(([name, of]) => [name, typeof of === "string" ? domainsOf(toolchains[of]) : of]),
  ),
};
