/** Tests rules with interface names that are keywords or numbers in nftables. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config, Vm } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../nix/harness.js";
import { emitFlake, evaluateHost } from "./evaluated.js";
import { openNamespace } from "./namespace.js";
import { whatIsMissing } from "./requirements.js";

const missing = whatIsMissing();
if (missing !== undefined) console.error(`NOT TESTED: rules with nftables keywords as names: ${missing}.`);

const BRIDGES = ["bridge", "10g", "ip", "drop", "in-out.x", "0x10", "1e3", "192.168", "_x", "counter"];
const TAPS = ["meta", "40g", "ether", "accept", "out_in.x", "0x20", "2e3", "172.16", "x.", "limit"];
const VMS = ["rate", "3g", "table", "over", "in-out", "0x30", "3e3", "10", "set", "map"];

const at = (names: readonly string[], index: number): string => names[index] ?? "";

const config: Config = {
  hosts: {
    lab: {
      stateVersion: "26.05",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: Object.fromEntries(
        BRIDGES.map((name, index) => [
          name,
          {
            address: `10.7.${String(index)}.1/24`,
            ipv6: `fd00:${String(index)}::1/64`,
            nat: { externalInterface: "inet" },
          },
        ]),
      ),
      vms: Object.fromEntries(
        VMS.map((name, index): [string, Vm] => [
          name,
          {
            index,
            network: "allowlist",
            interfaces: [{ bridge: at(BRIDGES, index), tap: at(TAPS, index) }],
            allow: ["example.org", "10.0.0.5:5432"],
            reachVms: [at(VMS, (index + 1) % VMS.length), `${at(VMS, (index + 2) % VMS.length)}:80`],
            reachHost: [8080],
            bandwidthMbitPerSecond: 8,
          },
        ]),
      ),
    },
  },
};

describe.skipIf(missing !== undefined)("interface names that are nftables keywords", () => {
  /** Loads the rules in a namespace, and returns the elements of a set. */
  const loaded = async (rules: string, set: string): Promise<readonly string[]> => {
    const file = join(temporaryFolder(), "rules.nft");
    writeFileSync(file, rules);
    const space = await openNamespace();
    try {
      await space.run("nft", "-f", file);
      const listed = JSON.parse(await space.run("nft", "-j", "list", "set", ...set.split(" "))) as {
        readonly nftables: readonly { readonly set?: { readonly elem: readonly string[] } }[];
      };
      return listed.nftables.flatMap((one) => one.set?.elem ?? []);
    } finally {
      await space.close();
    }
  };

  it("are valid in the rules", async () => {
    const { policy } = await evaluateHost(emitFlake(config), "lab", false);
    expect([...(await loaded(policy.rules, "inet microvm networks"))].sort()).toEqual([...BRIDGES].sort());
    expect([...(await loaded(policy.rules, "bridge microvm taps"))].sort()).toEqual([...TAPS].sort());
  });
});
