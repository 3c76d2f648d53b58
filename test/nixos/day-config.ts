/** The host of the commands' tests, which deploys itself. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config, Vm } from "microvm-emit";
import { file, machine } from "./configs.js";
import { INPUTS } from "../nix/rig.js";
import type { Store } from "./debian.js";
import type { Key } from "./guest.js";
import type { Host } from "./host.js";

/** As JSON, because the host reads it too. */
export const configOf = (key: Key, coder: Vm, vms: Readonly<Record<string, Vm>> = {}): Config => ({
  hosts: {
    lab: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: [key.publicKey] },
      bridges: { microbr: { address: "192.168.83.1/24", nat: { externalInterface: "uplink" } } },
      vms: {
        coder: {
          ...machine,
          index: 0,
          agent: "claude-code",
          packages: ["curl"],
          workspace: { repo: "~/project" },
          autostart: true,
          modules: ["./root-login.nix"],
          ...coder,
        },
        ...vms,
      },
    },
  },
});

export const filesOf = (key: Key): Readonly<Record<string, string>> => ({
  "configuration.nix": file("day-host.nix"),
  ...Object.fromEntries(["host.nix", "container.nix", "nixos-rebuild.sh"].map((name) => [name, file(name)])),
  "key.pub": `${key.publicKey}\n`,
  "root-login.nix": `{
    users.users.root.openssh.authorizedKeys.keyFiles = [ ./key.pub ];
    services.openssh.settings.PermitRootLogin = "prohibit-password";
  }`,
});

/** Puts the config and the flake inputs on the host, as for a host that deploys itself. */
export const putConfig = ({ folder }: Host, store: Store, key: Key): void => {
  const at = (name: string): string => join(folder, "root/root", name);
  cpSync(store.inputs, at("inputs"), { recursive: true });
  writeFileSync(at("inputs/nix.conf"), file("nix.conf"));
  writeFileSync(
    at("inputs/overrides"),
    Object.entries(INPUTS)
      .map(([input, place]) => `${input} ${place}\n`)
      .join(""),
  );
  mkdirSync(at("vms"));
  for (const [name, text] of Object.entries(filesOf(key))) writeFileSync(at(`vms/${name}`), text);
};
