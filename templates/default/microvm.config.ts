import { claudeCode, defineConfig, zsh } from "microvm-emit";

export default defineConfig({
  hosts: {
    // Name of the host, for `nixos-rebuild switch --flake ./flake#myhost`.
    myhost: {
      // From your configuration.nix.
      stateVersion: "25.11",
      // Configuration of your host, copied from /etc/nixos.
      modules: ["./configuration.nix"],
      // Your user on the host. sshKeys may log in to the VMs: use the output of `cat ~/.ssh/id_ed25519.pub`.
      user: { name: "me", sshKeys: [] },
      // With `nat`, VMs reach the internet through the host.
      bridges: { microbr: { address: "192.168.83.1/24", nat: true } },
      vms: {
        devvm: { agent: claudeCode(), home: [zsh()] },
      },
    },
  },
});
