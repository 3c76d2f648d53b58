import { defineConfig, replace } from "microvm-emit";
import { goProject } from "./profiles.js";

export default defineConfig({
  hosts: {
    workstation: {
      stateVersion: "26.05",
      modules: ["./configuration.nix"],
      user: {
        name: "alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice@workstation"],
      },
      bridges: {
        microbr: { address: "192.168.83.1/24", nat: true },
        labbr: { address: "192.168.84.1/24" },
      },
      // Defaults for every VM.
      vmDefaults: { vcpu: 4, packages: ["git", "ripgrep"], interfaces: [{ bridge: "microbr" }] },
      vms: {
        apivm: goProject("api"),
        batchvm: goProject("batch", { datasets: ["/srv/events"], more: { memoryMiB: 16384, packages: ["duckdb"] } }),
        // No agent and no internet: the bridge has no NAT.
        labvm: { vcpu: 2, interfaces: replace([{ bridge: "labbr" }]), nameservers: [] },
      },
    },
  },
});
