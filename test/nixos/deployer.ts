/** A machine with Nix and the command of this project, which deploys a host over SSH. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../nix/harness.js";
import { overridesIn } from "../nix/rig.js";
import { file } from "./configs.js";
import { entering, type Store } from "./debian.js";
import type { Key } from "./guest.js";
import type { Host } from "./host.js";
import { HOST_ADDRESS } from "./outside.js";

export interface Deployer {
  /** The folder of the config. */
  readonly folder: string;
  /**
   * Runs a shell command there, with the programs `microvm-emit`, `nixos-rebuild` and `lock`, which locks the inputs of the flake.
   *
   * @returns its output without the last newline
   * @throws Error with its standard error if it fails
   */
  readonly run: (command: string) => Promise<string>;
}

/** Opens it with a copy of the store, the key of root on the host, and files beside the config. */
export const openDeployer = async (
  host: Host,
  store: Store,
  key: Key,
  files: Readonly<Record<string, string>>,
): Promise<Deployer> => {
  const folder = temporaryFolder();
  const at = (...names: readonly string[]): string => join(folder, ...names);
  for (const name of ["nix", "changes", "work", "bin", "config"]) mkdirSync(at(name));
  for (const [name, text] of Object.entries(files)) writeFileSync(at("config", name), text);
  writeFileSync(at("key"), key.privateKey, { mode: 0o600 });
  writeFileSync(
    at("ssh-config"),
    `Host lab
  HostName ${HOST_ADDRESS}
  User root
  IdentityFile ${at("key")}
  IdentitiesOnly yes
  StrictHostKeyChecking accept-new
Host away
  HostName 203.0.113.99
  ConnectTimeout 2
`,
  );
  const programs = {
    "microvm-emit": `exec node ${host.folder}/root/opt/microvm-emit/dist/bin/microvm-emit.js "$@"`,
    "nixos-rebuild": files["nixos-rebuild.sh"] ?? "",
    lock: `exec nix flake lock ${overridesIn(store.inputs).join(" ")} ./flake`,
  };
  for (const [name, text] of Object.entries(programs))
    writeFileSync(at("bin", name), `#!/usr/bin/bash\n${text}\n`, { mode: 0o755 });
  writeFileSync(at("nix.conf"), file("nix.conf"));
  await host.outside.script(
    `mount -t overlay overlay -o lowerdir=${store.nix},upperdir=${at("changes")},workdir=${at("work")} ${at("nix")}`,
  );
  const session = `
    install -d -m 700 ~/.ssh
    install -m 600 ${at("ssh-config")} ~/.ssh/config
    export PATH=${at("bin")}:$PATH NIX_CONFIG="$(cat ${at("nix.conf")})"
    cd ${at("config")}`;
  return {
    folder: at("config"),
    run: async (command) =>
      (await host.outside.run("bash", ...entering(store, at("nix")), "bash", "-c", `${session}\n${command}`)).replace(
        /\n$/,
        "",
      ),
  };
};
