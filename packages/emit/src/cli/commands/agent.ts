import type { Declare } from "../command.js";
import { attached, examples, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

/** `microvm-emit agent NAME`: attaches to the agent of a VM. */
export const agent: Declare = (program, ask) => {
  const command = program
    .command("agent")
    .description("attach to the agent of a VM in tmux; first start it in the workspace if necessary")
    .argument("<vm>", "name of the VM")
    .addHelpText(
      "after",
      `${examples("agent projectvm")}\nThe agent continues when the terminal closes. Detach with Ctrl-B D.`,
    )
    .action((name: string, options: VmOptions) => {
      ask({
        command: "agent",
        config: options.config,
        run: async (context) => {
          const [{ findVm }, { openAgent }] = await Promise.all([
            import("../../vm/find.js"),
            import("../../vm/enter.js"),
          ]);
          return attached(await openAgent(await findVm(name, whereOf(options, context))));
        },
      });
    });
  withVmOptions(command);
};
