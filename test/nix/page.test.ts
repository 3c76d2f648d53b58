/** Evaluates the page about the limits of a VM: its text on the host, and its places in the guest. */
import type { Config } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { emitted, hostModule } from "./emitted.js";
import { evalFlake, nixes } from "./harness.js";
import { guestConfig } from "./identity.js";

const config: Config = {
  inputs: { "nixpkgs-unstable": "github:nixos/nixpkgs/nixos-26.05" },
  hosts: {
    h: {
      stateVersion: "25.11",
      modules: ["./host.nix"],
      user: { name: "alice" },
      bridges: { br0: { address: "10.7.0.1/24", nat: true } },
      vms: {
        api: {
          agent: "claude-code",
          network: "allowlist",
          allow: ["example.org:8443"],
          reachVms: ["data:5432"],
          reachHost: [9000],
          secrets: { TOKEN: { file: "/run/keys/token" } },
          shares: [{ tag: "in", source: "/srv/in", readOnly: true }],
        },
        data: { network: "none", firewall: { allowedTCPPorts: [5432] } },
        free: { network: "open" },
        keyless: { sshHostKeys: false },
        apart: { interfaces: [] },
      },
    },
  },
};

interface Pages {
  readonly state: string;
  readonly etc: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

describe.each(nixes())("by $version", (nix) => {
  it("describes the network policy, work and secrets of each VM, and is in the agent's context", async () => {
    const { state, etc } = (await evalFlake(emitted(config, { "host.nix": hostModule }), "nixosConfigurations.h", {
      nix,
      apply: `system: {
        state = system.config.environment.etc."microvm/state.json".text;
        etc = builtins.mapAttrs (_: vm: builtins.mapAttrs (_: file: toString (file.source or "")) (${guestConfig} vm).environment.etc) system.config.microvm.vms;
      }`,
    })) as Pages;
    const pages = JSON.parse(state) as Readonly<Record<string, { readonly page?: string }>>;
    const page = (name: string): string => pages[name]?.page ?? "";

    for (const words of [
      "# The microVM api\n",
      "Work in `/home/alice/microvm/api`",
      "`/srv/in` (read-only)",
      "Only the destinations below, by name.",
      "`example.org` (tcp/8443)",
      "`api.anthropic.com`",
      "Other VMs: `data` (tcp/5432)",
      "Ports of the host: `tcp/9000`",
      "Secrets in `/run/microvm-secrets`: `TOKEN`",
      "All other connections are blocked",
      "`microvm-emit up api --switch`",
    ])
      expect(page("api")).toContain(words);
    expect(page("api")).not.toContain("/run/keys");
    expect(page("data")).toContain("Only the destinations below.\n");
    expect(page("free")).toContain("The host enforces no policy.");
    expect(page("free")).not.toContain("blocked outside");
    expect(page("apart")).toContain("this machine has no network");
    expect(page("keyless")).toBe("");

    const copy = "/run/microvm-emit/README.md";
    expect(etc["api"]).toMatchObject({ "microvm-emit/README.md": copy, "claude-code/CLAUDE.md": copy });
    expect(etc["data"]).toMatchObject({ "microvm-emit/README.md": copy });
    expect(Object.keys(etc["data"] ?? {})).not.toContain("claude-code/CLAUDE.md");
    expect(Object.keys(etc["keyless"] ?? {})).not.toContain("microvm-emit/README.md");
  });
});
