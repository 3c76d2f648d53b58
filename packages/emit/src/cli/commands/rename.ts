import type { Declare } from "../command.js";
import { type EditOptions, editing, fromHost, invocation } from "../edit-command.js";

/** `microvm-emit rename OLD NEW`: renames a VM, which keeps its addresses. */
export const rename: Declare = (program, ask) => {
  const command = program
    .command("rename")
    .description("rename a VM in the config, keep its addresses, and emit")
    .argument("<vm>", "name of the VM")
    .argument("<new>", "new name")
    .action((name: string, to: string, options: EditOptions) => {
      ask(invocation("rename", { kind: "rename", name, to, host: options.host }, options));
    });
  editing(command, fromHost, ["microvm-emit rename projectvm webvm"]);
};
