import type { InitOptions } from "../../init/options.js";
import { type Declare, withFormat } from "../command.js";

const examples = `
Examples:
  $ microvm-emit init                        ask only for facts that it cannot read from this machine
  $ microvm-emit init --into ./flake.nix     add inputs and one module to your own flake
  $ microvm-emit init --agent codex --toolchain rust --yes`;

/** `microvm-emit init [dir]`: writes a first config and its flake. */
export const init: Declare = (program, ask) => {
  const command = program
    .command("init")
    .description("write a first config from the facts of this machine, and emit it")
    .argument("[dir]", "directory of the config (default: this directory)")
    .option("--into <flake.nix>", "import the VMs into this flake instead of a new flake")
    .option("--no-into", "write a new flake beside an existing flake.nix")
    .option("--host <host>", "name of the host (default: the name of this machine)")
    .option("--user <name>", "user of the host that owns the VMs")
    .option("--ssh-key <key>", "public key that may log in to the VMs; repeatable (default: keys of the user)", collect)
    .option("--state-version <version>", "system.stateVersion of the host (default: from its configuration)")
    .option("--module <path>", "configuration of the host (default: ./configuration.nix)")
    .option("--release <version>", "NixOS release, such as 26.05 (default: the release of this machine)")
    .option("--address <cidr>", "address of the host in the network of the VMs (default: an unused network)")
    .option("--vm <name>", "name of the VM", "devvm")
    .option("--agent <agent>", "coding agent in the VM, or none", "claude-code")
    .option("--toolchain <toolchain>", "toolchain in the VM; repeatable", collect)
    .option("-y, --yes", "ask nothing; fail if a fact is missing")
    .addHelpText("after", examples)
    .action((directory: string | undefined, options: InitOptions) => {
      ask({
        command: "init",
        run: async ({ isInteractive }) => {
          const { initialize } = await import("../../init/initialize.js");
          return initialize(directory, options, isInteractive);
        },
      });
    });
  withFormat(command, ["human", "json"]);
};

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
