import { agents } from "./agents.js";
import { toolchains } from "./toolchains.js";

/** What can be allowed by one word: the domains of agents and toolchains, and of what people know by another name. */
export const destinations: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [...Object.values(toolchains), ...Object.values(agents)].flatMap(({ name, ...other }) =>
      "domains" in other && other.domains.length > 0 ? [[name, other.domains]] : [],
    ),
  ),
  golang: toolchains.go.domains,
  npm: toolchains.node.domains,
  pypi: toolchains.python.domains,
  crates: toolchains.rust.domains,
  // docs.github.com/en/get-started/using-github/allowing-access-to-githubs-services-from-a-restricted-network
  github: [
    "github.com:22,443",
    "api.github.com",
    "codeload.github.com",
    "uploads.github.com",
    "*.githubusercontent.com",
    "*.actions.githubusercontent.com",
    "ghcr.io",
  ],
  // nixpkgs nixos/modules/config/nix.nix and the flake registry.
  nix: ["cache.nixos.org", "channels.nixos.org", "releases.nixos.org", "api.github.com", "codeload.github.com"],
};
