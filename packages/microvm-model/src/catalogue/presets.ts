import { agents } from "./agents.js";
import { gitHosts } from "./git-hosts.js";
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
  ...Object.fromEntries(Object.entries(gitHosts).map(([word, { domains }]) => [word, domains])),
  // nixpkgs nixos/modules/config/nix.nix and the flake registry.
  nix: ["cache.nixos.org", "channels.nixos.org", "releases.nixos.org", "api.github.com", "codeload.github.com"],
};
