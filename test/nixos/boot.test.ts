/** Boots an emitted host as NixOS, and its VM as NixOS. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../nix/harness.js";
import { coder, flakeOf, labOf, SYSTEM } from "./configs.js";
import { build, openStore } from "./debian.js";
import { type Guest, putKey, startGuest } from "./guest.js";
import { bootHost, type Host } from "./host.js";
import { whatNixosMisses } from "./requirements.js";

const missing = whatNixosMisses();
if (missing !== undefined) console.error(`NOT TESTED: a booted NixOS, because ${missing}.`);

describe.skipIf(missing !== undefined)("a booted host", () => {
  let host: Host;
  let guest: Guest;

  beforeAll(async () => {
    const key = join(temporaryFolder(), "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", key]);
    const store = await openStore();
    const flake = flakeOf(labOf(readFileSync(`${key}.pub`, "utf8").trim(), { emacsvm: coder }));
    const [system = ""] = await build(store, flake, [SYSTEM]);
    host = await bootHost(store, system);
    await putKey(host, readFileSync(key, "utf8"));
  });
  afterAll(() => (host as Host | undefined)?.kill());

  it("has no failed unit", async () => {
    expect(await host.run("systemctl --failed --no-legend --plain")).toBe("");
  });

  describe("with a started VM", () => {
    beforeAll(async () => {
      guest = await startGuest(host, "emacsvm", "192.168.83.2");
    });

    it("lets the user in by the key of the config", async () => {
      expect(await guest.run("id -un; hostname")).toBe("alice\nemacsvm");
    });
  });
});
