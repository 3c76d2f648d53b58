import type { Declare } from "../command.js";
import { type EditOptions, editing, fromHost, invocation } from "../edit-command.js";

/** `microvm-emit move NAME --to HOST`: moves a VM to another host. */
export const move: Declare = (program, ask) => {
  const command = program
    .command("move")
    .description("move a VM, but not its files, to another host of the config, and emit")
    .argument("<vm>", "name of the VM")
    .requiredOption("--to <host>", "new host")
    .action((name: string, options: EditOptions & { readonly to: string }) => {
      ask(invocation("move", { kind: "move", name, to: options.to, host: options.host }, options));
    });
  editing(command, fromHost, ["microvm-emit move projectvm --to server"]);
};
