import { claudeCode, defineConfig, zsh } from "microvm-emit";

export default defineConfig({
  hosts: {
    // The host's name, as in `nixos-rebuild switch --flake ./flake#myhost`.
    myhost: {
      // What the host's configuration.nix says: it does not follow upgrades.
      stateVersion: "25.11",
      // The host as it is: copy the files of /etc/nixos here.
      modules: ["./configuration.nix"],
      // Who works in the virtual machines: your user of the host, and what `cat ~/.ssh/id_ed25519.pub` prints.
      user: { name: "me", sshKeys: [] },
      // VMs leave by the host's addresses and routes.
      bridges: { microbr: { address: "192.168.83.1/24", nat: true } },
      vms: {
        devvm: { agent: claudeCode(), home: [zsh()] },
      },
    },
  },
});
