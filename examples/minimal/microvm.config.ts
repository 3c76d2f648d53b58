import { claudeCode, defineConfig } from "microvm-emit";

export default defineConfig({
  hosts: {
    workstation: {
      stateVersion: "26.05",
      modules: ["./configuration.nix"],
      user: {
        name: "alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice@workstation"],
      },
      bridges: { microbr: { address: "192.168.83.1/24", nat: true } },
      vms: { projectvm: { agent: claudeCode() } },
    },
  },
});
