import type { Declare } from "../command.js";
import { type EditOptions, editing, fromHost, invocation } from "../edit-command.js";

/** `microvm-emit remove NAME`: takes a VM out of the config. */
export const remove: Declare = (program, ask) => {
  const command = program
    .command("remove")
    .description("remove a VM from the config and emit")
    .argument("<vm>", "name of the VM")
    .action((name: string, options: EditOptions) => {
      ask(invocation("remove", { kind: "remove", name, host: options.host }, options));
    });
  editing(command, fromHost, ["microvm-emit remove oldvm", "microvm-emit remove oldvm --dry-run"]);
};
