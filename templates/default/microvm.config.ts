import { claudeCode, defineConfig, zsh } from "microvm-emit";

export default defineConfig({
  hosts: {
    // The name of the NixOS host, as in `nixos-rebuild switch --flake ./flake#myhost`.
    myhost: {
      system: "x86_64-linux",
      // As in the host's configuration.nix: it does not follow upgrades.
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      // Who works in the virtual machines, with the ids of `id` on the host.
      user: { name: "me", uid: 1000, gid: 100 },
      // externalInterface: what `ip route get 1.1.1.1` names after `dev`.
      bridges: { microbr: { address: "192.168.83.1/24", nat: { externalInterface: "eno1" } } },
      vms: {
        devvm: { agent: claudeCode(), home: [zsh()] },
      },
    },
  },
});
