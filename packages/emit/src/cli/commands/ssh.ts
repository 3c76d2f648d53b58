import type { Declare } from "../command.js";
import { attached, examples, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

/** `microvm-emit ssh NAME [-- COMMAND…]`: a shell in a VM. */
export const ssh: Declare = (program, ask) => {
  const command = program
    .command("ssh")
    .description("open a shell in a VM, or run a command with a terminal")
    .argument("<vm>", "name of the VM")
    .argument("[command...]", "command with its arguments, after --")
    .addHelpText("after", examples("ssh projectvm", "ssh projectvm -- top"))
    .action((name: string, words: readonly string[], options: VmOptions) => {
      ask({
        command: "ssh",
        config: options.config,
        run: async (context) => {
          const [{ findVm }, { openShell }] = await Promise.all([
            import("../../vm/find.js"),
            import("../../vm/enter.js"),
          ]);
          return attached(await openShell(await findVm(name, whereOf(options, context)), words));
        },
      });
    });
  withVmOptions(command);
};
